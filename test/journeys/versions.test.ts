import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { deployVersion, releases } from "../../src/automation/releases.ts";
import type { Release } from "../../src/release/release.ts";
import { releaseId } from "../../src/release/release.ts";
import { refusal, Scene } from "./scene.ts";
import { actor, liftlock } from "./stage.ts";

const scene = new Scene(1);
const patience = 300_000;

const into = (environment: string, version: string) =>
  deployVersion(actor(scene.world).context, { environment, version, allow: [] });

const place = async (version: string, environment: string) =>
  (await releases(actor(scene.world).context))
    .find((release) => release.version === version)
    ?.places.find((one) => one.environment === environment);

/** Nothing but a way back may come into production from now on. */
function freeze(): void {
  const file = join(scene.world.workDirectory, "Pulumi.production.yaml");
  const content = parse(readFileSync(file, "utf8")) as { config: Record<string, Record<string, unknown>> };
  const freezes = [{ from: "2020-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z", reason: "inventory" }];
  content.config["liftlock:gates"] = { ...content.config["liftlock:gates"], freezes };
  writeFileSync(file, stringify(content, { lineWidth: 0 }));
}

describe("a version", () => {
  let first: Release;
  let second: Release;

  it(
    "is listed with where it runs and was verified",
    async () => {
      first = scene.serving;
      second = await scene.release();
      expect((await scene.promote(second)).status).toBe("Completed");
      scene.expectServing(second);
      const ran = await liftlock(scene.world, ["releases", "--limit", "1"]);
      expect(ran.exit).toBe(0);
      expect(ran.events.at(-1)).toMatchObject({
        event: "releases",
        known: 2,
        releases: [{ version: second.version, id: releaseId(second) }],
      });
      expect(await place(second.version, "production")).toMatchObject({ presence: "runs" });
      expect(await place(first.version, "production")).toMatchObject({
        presence: "was",
        verified: expect.stringMatching(/^\d{4}-/) as string,
      });
    },
    patience,
  );

  it("that nobody knows, or none at all, is refused", async () => {
    expect((await refusal(into("production", "9.9.9"))).code).toBe("VersionUnknown");
    for (const args of [[], ["--version", "1.0.0", "--release", "-"]])
      expect((await liftlock(scene.world, ["deploy", "production", ...args])).exit).toBe(2);
    const { exit, events } = await liftlock(scene.world, ["deploy", "production", "--version", "9.9.9"]);
    expect([exit, events.at(-1)]).toEqual([2, expect.objectContaining({ code: "VersionUnknown" })]);
  });

  it(
    "that was verified in neither place has to come to staging first",
    async () => {
      const third = await scene.release();
      const { context } = actor(scene.world);
      const { deploy } = await import("../../src/automation/promote.ts");
      await deploy(context, { environment: "staging", release: third, allow: [] });
      await deploy(context, { environment: "staging", release: second, allow: [] });
      expect(await place(third.version, "staging")).toMatchObject({ presence: "was" });
      const { code, hint } = await refusal(into("production", third.version));
      expect(code).toBe("NothingToPromote");
      expect(hint).toContain(`liftlock deploy staging --version ${third.version}`);
      expect(await into("staging", third.version)).toMatchObject({ kind: "deploy", status: "Completed" });
      expect(await into("production", third.version)).toMatchObject({ kind: "promote", status: "Completed" });
      scene.expectServing(await inProduction(third));
    },
    patience,
  );

  it(
    "that is older is a way back: no freeze holds it up, but one that is newer",
    async () => {
      freeze();
      const newest = scene.serving;
      expect(await into("production", first.version)).toMatchObject({
        kind: "rollback",
        status: "RolledBack",
      });
      scene.expectServing(first);
      expect((await refusal(into("production", newest.version))).code).toBe("FreezeWindow");
      scene.expectServing(first);
    },
    patience,
  );
});

describe("metrics", () => {
  it("tell what came, failed and went back, as text, as a file and as a warning when nobody takes them", async () => {
    const file = join(scene.world.directory, "liftlock.prom");
    const ran = await liftlock(scene.world, ["metrics", "--format", "prometheus", "--textfile", file]);
    expect(ran.exit).toBe(0);
    const text = readFileSync(file, "utf8");
    // The first release, two promotions and a way back.
    expect(text).toContain(
      'liftlock_deployments{environment="production",window="1d",status="completed"} 3\n',
    );
    expect(text).toContain('liftlock_rollbacks{environment="production",window="1d"} 1\n');
    expect(text).toContain(
      `liftlock_release_info{environment="production",version="${scene.serving.version}"`,
    );
    const pushed = await liftlock(scene.world, ["metrics", "--push", "http://127.0.0.1:9"]);
    expect(pushed.exit).toBe(1);
    expect(pushed.events.map(({ event }) => event)).toEqual(expect.arrayContaining(["metrics", "warning"]));
    expect((await liftlock(scene.world, ["metrics", "--push", "http://octo:pass@127.0.0.1:9"])).exit).toBe(2);
  });
});

const inProduction = async (release: Release) =>
  actor(scene.world).context.workspace.input("production").inTarget(release);
