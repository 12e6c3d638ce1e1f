import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { joinRegistry } from "../../rehearsal/github/packages.ts";
import type { CleanupReport } from "../../src/automation/cleanup/report.ts";
import { cleanup } from "../../src/automation/cleanup.ts";
import { rollback } from "../../src/automation/rollback.ts";
import { digestsOf, type Release, referencesOf } from "../../src/release/release.ts";
import { refusal, Scene } from "./scene.ts";
import { actor, liftlock } from "./stage.ts";

const scene = new Scene(1, { strategy: { type: "blueGreen" } });
const patience = 600_000;
const day = 86_400_000;

const store = () => scene.world.registry.store;
const shelf = () => joinRegistry(scene.world.github.state, store());

/** Every manifest of the world's registry, as `repository@digest`. */
const stored = () =>
  new Set(
    [...store().repositories].flatMap(([name, { manifests }]) =>
      [...manifests.keys()].map((digest) => `${name}@${digest}`),
    ),
  );

/** Everything that is there now was pushed so many days ago. */
function age(days: number): void {
  const at = new Date(Date.now() - days * day);
  for (const [name, { manifests }] of store().repositories)
    for (const digest of manifests.keys()) shelf().backdate(name.slice(name.indexOf("/") + 1), digest, at);
}

/** Both environments keep two releases, and all images may take so many bytes. */
function configure(storage: number): void {
  for (const name of ["staging", "production"]) {
    const file = join(scene.world.workDirectory, `Pulumi.${name}.yaml`);
    const content = parse(readFileSync(file, "utf8")) as { config: Record<string, unknown> };
    content.config["liftlock:retention"] = { storage, keep: 2, age: 1 };
    writeFileSync(file, stringify(content, { lineWidth: 0 }));
  }
}

/** Another hour: the limit of clean-ups is over. */
function later(hours: number) {
  const { context } = actor(scene.world);
  return { ...context, now: () => new Date(Date.now() + hours * 3_600_000) };
}

/** The release's images with their signatures and attestations, as far as the registry has them. */
const whole = (release: Release, all = stored()) =>
  Object.values(referencesOf(release)).map(({ repository, digest }) => {
    const tags = ["sig", "att"].map((kind) =>
      store()
        .open(repository)
        .tags.get(`${digest.replace(":", "-")}.${kind}`),
    );
    return (
      all.has(`${repository}@${digest}`) &&
      tags.every((tag) => tag !== undefined && all.has(`${repository}@${tag}`))
    );
  });

/** The same digests in production's repositories. */
const inProduction = (release: Release) =>
  actor(scene.world).context.workspace.input("production").inTarget(release);

const gone = ({ steps }: CleanupReport) => steps.flatMap(({ versions }) => versions);

const imagesOn = (release: Release) =>
  scene.world.hosts.hosts
    .filter(({ droplet }) => droplet.name.includes("production"))
    .flatMap((host) =>
      host.engine.images
        .all()
        .flatMap(({ digests }) => [...digests].map((name) => name.slice(name.indexOf("@") + 1))),
    )
    .filter((digest) => Object.values(digestsOf(release)).includes(digest));

describe("clean-up", () => {
  const releases: Release[] = [];

  it(
    "only looks, unless it is told to delete",
    async () => {
      for (let count = 0; count < 4; count++) {
        const release = await scene.release();
        releases.push(release);
        expect((await scene.promote(release)).status).toBe("Completed");
        scene.expectServing(release);
      }
      age(100);
      configure(1);
      const before = stored();
      const ran = await liftlock(scene.world, ["cleanup"]);
      expect(ran.exit).toBe(0);
      const report = ran.events.find(({ event }) => event === "cleanup") as unknown as CleanupReport;
      expect(report).toMatchObject({ applied: false, critical: true });
      expect(gone(report).length).toBeGreaterThan(10);
      expect(report.use.after).toBeLessThan(report.use.before);
      expect(report.hosts.map(({ images }) => images > 0)).toContain(true);
      expect(stored()).toEqual(before);
    },
    patience,
  );

  it(
    "deletes nothing when it cannot be known what an environment needs",
    async () => {
      scene.world.faults.add({
        part: "host",
        match: "shop-production-1 connect",
        action: { kind: "refuse" },
        times: "always",
      });
      const before = stored();
      expect((await refusal(cleanup(actor(scene.world).context, { apply: true }))).code).toBe(
        "CleanupRefused",
      );
      scene.world.faults.clear();
      scene.world.faults.add({
        part: "github",
        match: "GET .*/packages/",
        action: { kind: "status", status: 403 },
        times: "always",
      });
      expect((await refusal(cleanup(actor(scene.world).context, { apply: true }))).code).toBe(
        "GitHubRefused",
      );
      scene.world.faults.clear();
      expect(stored()).toEqual(before);
    },
    patience,
  );

  it(
    "killed in the middle has lost nothing, and the next one goes on",
    async () => {
      const before = stored();
      scene.world.faults.add({
        part: "github",
        match: "DELETE .*/versions/",
        action: { kind: "delay", milliseconds: 60_000 },
        skip: 7,
      });
      const watch = setInterval(() => {
        if (scene.world.faults.history.some(({ subject }) => subject.startsWith("DELETE"))) kill();
      }, 50);
      let kill = () => undefined as void;
      const ran = liftlock(scene.world, ["cleanup", "--apply"], {
        onEvent: (_, end) => {
          kill = () => end("SIGKILL");
        },
      });
      expect((await ran).signal).toBe("SIGKILL");
      clearInterval(watch);
      scene.world.faults.clear();
      expect(stored().size).toBeLessThan(before.size);
      const [, , kept, serving] = releases as [Release, Release, Release, Release];
      for (const release of [kept, serving]) expect(whole(inProduction(release))).not.toContain(false);
      const report = await cleanup(actor(scene.world).context, { apply: true });
      expect(report).toMatchObject({ applied: true, critical: true });
      expect(report.stopped).toBeUndefined();
      expect(gone(report).filter(({ refused }) => refused !== undefined)).toEqual([]);
    },
    patience,
  );

  it("has left what runs and what can be gone back to, with signatures, and nothing else that is old", () => {
    const [first, second, kept, serving] = releases as [Release, Release, Release, Release];
    for (const release of [kept, serving]) {
      expect(whole(release)).not.toContain(false);
      expect(whole(inProduction(release))).not.toContain(false);
      expect(imagesOn(release).length).toBeGreaterThan(0);
    }
    for (const release of [first, second]) {
      expect(whole(release)).not.toContain(true);
      expect(whole(inProduction(release))).not.toContain(true);
      expect(imagesOn(release)).toEqual([]);
    }
  });

  it("runs once an hour, and finds nothing to do the next time", async () => {
    expect((await refusal(cleanup(actor(scene.world).context, { apply: true }))).code).toBe("RateLimited");
    const before = stored();
    const report = await cleanup(later(2), { apply: true });
    expect(report.steps).toEqual([]);
    expect(report.requests).toMatchObject({ deleting: 0, manifests: 0 });
    expect(stored()).toEqual(before);
  });

  it("deletes nothing when the backend has a stack that this checkout does not know", async () => {
    const before = stored();
    const file = join(scene.world.workDirectory, "Pulumi.production.yaml");
    renameSync(file, `${file}.away`);
    const failure = await refusal(cleanup(later(3), { apply: true })).finally(() =>
      renameSync(`${file}.away`, file),
    );
    expect(failure).toMatchObject({ code: "CleanupRefused", message: expect.stringContaining("production") });
    expect(stored()).toEqual(before);
  });

  it(
    "gives way to a promotion",
    async () => {
      const ledger = await actor(scene.world).context.ledger();
      const before = stored();
      const extra = await scene.release();
      age(100);
      await using _ = await ledger.acquire("staging", { promotion: "elsewhere", actor: "octo-dev" });
      const report = await cleanup(later(4), { apply: true });
      expect(report.stopped).toContain("elsewhere");
      expect(whole(extra)).not.toContain(false);
      expect(stored().size).toBeGreaterThan(before.size);
    },
    patience,
  );

  it(
    "leaves a way back that works",
    async () => {
      const kept = releases[2] as Release;
      const result = await rollback(actor(scene.world).context, { environment: "production" });
      expect(result).toMatchObject({ status: "RolledBack", runs: { version: kept.version } });
      scene.expectServing(kept);
    },
    patience,
  );

  it(
    "has a journal that an audit proves, and of which it names the line that somebody edited",
    async () => {
      const ofCleanups = async () => {
        const ran = await liftlock(scene.world, ["audit", "verify"]);
        const { environments } = ran.events.at(-1) as unknown as { environments: { environment: string }[] };
        return { exit: ran.exit, found: environments.find(({ environment }) => environment === "clean-up") };
      };
      const sound = await ofCleanups();
      expect(sound).toMatchObject({ exit: 0, found: { chain: { intact: true }, alone: true } });
      const file = join(scene.world.directory, "state", ".liftlock", "clean-up", "journal.jsonl");
      const before = readFileSync(file, "utf8");
      writeFileSync(file, before.replace("ends: ", "ends:  "));
      const broken = await ofCleanups();
      writeFileSync(file, before);
      expect(broken).toMatchObject({
        exit: 1,
        found: { chain: { intact: false, problems: [expect.objectContaining({ kind: "edited" })] } },
      });
    },
    patience,
  );
});
