import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { answersErrors, badInProduction, neverHealthy } from "../../rehearsal/images/faulty-releases.ts";
import { deploy } from "../../src/automation/promote.ts";
import { resume } from "../../src/automation/resume.ts";
import { refusal, Scene } from "./scene.ts";
import { actor } from "./stage.ts";

const scene = new Scene();
const first = "shop-production-1";
const live = { environment: { APP_ENV: "production" } };

describe("before production is touched", () => {
  it("an image that the registry does not have: ImageMissing", async () => {
    const release = await scene.release();
    const { registry } = scene.world;
    const [repository = "", digest = ""] = (release.images["docs"] ?? "")
      .replace(`${registry.host}/`, "")
      .split("@");
    expect(registry.remove(repository, digest)).toBe(true);
    const result = await scene.lift(release);
    expect(result).toMatchObject({
      status: "Failed",
      reason: { code: "ImageMissing" },
      runs: { version: scene.serving.version },
    });
    scene.expectServing(scene.serving);
  });

  it("a registry that is down: RegistryUnavailable", async () => {
    const release = await scene.release();
    scene.world.faults.add({ part: "registry", match: "GET", action: { kind: "refuse" }, times: "always" });
    scene.world.faults.add({
      part: "registry",
      match: "HEAD",
      action: { kind: "status", status: 503 },
      times: "always",
    });
    expect(await scene.lift(release)).toMatchObject({
      status: "Failed",
      reason: { code: "RegistryUnavailable" },
    });
    scene.expectServing(scene.serving);
  });

  it("a registry that stumbles: asked again", async () => {
    const release = await scene.release();
    scene.world.faults.add({
      part: "registry",
      match: "GET /v2/.*/manifests",
      action: { kind: "status", status: 429, retryAfterSeconds: 1 },
      times: 1,
    });
    expect((await scene.lift(release)).status).toBe("Completed");
    scene.expectServing(release);
  });

  it("a host that refuses SSH: HostUnreachable", async () => {
    const release = await scene.release();
    scene.world.faults.add({
      part: "host",
      match: `^${first} connect`,
      action: { kind: "refuse" },
      times: "always",
    });
    expect((await refusal(scene.lift(release))).code).toBe("HostUnreachable");
    scene.expectServing(scene.serving);
  });

  it.each(["staging", "production"])(
    "a change that would replace a droplet of %s: UnsafeChange",
    async (environment) => {
      const release = await scene.release();
      const file = join(scene.world.workDirectory, `Pulumi.${environment}.yaml`);
      const before = readFileSync(file, "utf8");
      writeFileSync(file, before.replace("region: fra1", "region: ams3"));
      const result = await deploy(actor(scene.world).context, { environment, release, allow: [] });
      writeFileSync(file, before);
      expect(result).toMatchObject({
        status: "Failed",
        reason: { code: "UnsafeChange" },
        runs: { version: result.previous?.version },
      });
      expect(result.reason?.message).toMatch(/shop-staging-1|fleet-address|shop-production-1/);
      scene.expectServing(scene.serving);
    },
  );
});

describe("while production changes", () => {
  it("a service that crashes: StartFailed, with its last words, and back", async () => {
    const result = await scene.promote(await scene.release(badInProduction));
    scene.expectRolledBack(result, "StartFailed");
    expect(result.reports[0]).toMatchObject({ service: "api", exitCode: 1 });
    expect(result.reports[0]?.log.join("\n")).toContain("STRIPE_LIVE_KEY is not set");
    expect(result.recoverySeconds).toBeGreaterThan(0);
  });

  it("a service that never becomes healthy: Unhealthy, and back", async () => {
    scene.expectRolledBack(await scene.lift(await scene.release({ docs: neverHealthy(live) })), "Unhealthy");
  });

  it("a public endpoint that answers 500: EndpointFailed, and back", async () => {
    const release = await scene.release({ api: answersErrors("/version", 500, 1, live) });
    scene.expectRolledBack(await scene.lift(release), "EndpointFailed");
  });

  it("a migrator that fails: MigrationFailed with its output, secrets masked, and back", async () => {
    const exit = { code: 3, afterMilliseconds: 50, log: ["cannot reach $DATABASE_URL"] };
    const result = await scene.lift(await scene.release({ migrator: { exit } }));
    scene.expectRolledBack(result, "MigrationFailed");
    expect(result.reports[0]).toMatchObject({ service: "migrator" });
    expect(result.reports[0]?.log.join("\n")).toContain("cannot reach postgres://shop:[secret]@");
    expect(JSON.stringify(result)).not.toContain(scene.world.secrets.production.POSTGRES_PASSWORD);
  });

  it("a host that lies about what it runs: DigestMismatch, and back", async () => {
    const release = await scene.release();
    const zeros = `sha256:${"0".repeat(64)}`;
    const text = `image {"id":"${zeros}","digests":["x@${zeros}"]}`;
    scene.world.faults.add({
      part: "host",
      match: `^${first} docker image inspect --format image`,
      skip: 1,
      action: { kind: "lie", text },
    });
    scene.expectRolledBack(await scene.lift(release), "DigestMismatch");
  });

  it("a host that refuses SSH during the deployment, and answers again: back", async () => {
    const release = await scene.release();
    // The driver's own connection and the migrator's pass; the deployment's are refused until the engine gives up.
    scene.world.faults.add({
      part: "host",
      match: `^${first} connect`,
      skip: 2,
      times: 10,
      action: { kind: "refuse" },
    });
    scene.expectRolledBack(await scene.lift(release), "HostUnreachable");
  });

  it("a host that refuses SSH for good: RollbackIncomplete, and resume puts it right when it is back", async () => {
    const before = scene.serving;
    const release = await scene.release();
    scene.world.faults.add({
      part: "host",
      match: `^${first} connect`,
      skip: 2,
      times: "always",
      action: { kind: "refuse" },
    });
    const result = await scene.lift(release);
    expect(result).toMatchObject({ status: "Failed", backReason: { code: "RollbackIncomplete" } });
    expect(result).not.toHaveProperty("runs");
    expect((await refusal(scene.lift(release))).code).toMatch(/HostUnreachable|PromotionInterrupted/);
    scene.world.faults.clear();
    expect(await resume(actor(scene.world).context, "production")).toMatchObject({ status: "RolledBack" });
    scene.expectServing(before);
  });

  it("a connection lost in the middle of the script: back, although the script may go on", async () => {
    const release = await scene.release();
    scene.world.faults.add({
      part: "host",
      match: `^${first} exec .*Puts one release`,
      action: { kind: "drop", afterMilliseconds: 100 },
    });
    scene.expectRolledBack(await scene.lift(release), "HostUnreachable");
    expect(scene.world.faults.history.at(-1)?.action.kind).toBe("drop");
  });

  it("a connection lost while verifying: back", async () => {
    const release = await scene.release();
    scene.world.faults.add({
      part: "host",
      match: `^${first} exec .*Prints what this host`,
      skip: 1,
      action: { kind: "drop" },
    });
    scene.expectRolledBack(await scene.lift(release), "HostUnreachable");
  });

  it("an engine that is killed in the middle: back, its lock taken away", async () => {
    const release = await scene.release();
    const who = actor(scene.world);
    const { notify } = who.context;
    let killed = 0;
    who.context.notify = (message) => {
      notify(message);
      if (message.code === "host.started" && killed === 0) killed = killEngine();
    };
    const result = await scene.lift(release, who);
    expect(killed).toBeGreaterThan(0);
    scene.expectRolledBack(result, "EngineFailed");
  });
});

/** Kills the engine that runs an update for this process. @returns its process id; 0 when there is none */
function killEngine(): number {
  const engine = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .find((pid) => {
      try {
        const parent = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[1];
        return (
          parent === String(process.pid) && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("\0up\0")
        );
      } catch {
        return false;
      }
    });
  if (engine === undefined) return 0;
  process.kill(Number(engine), "SIGKILL");
  return Number(engine);
}
