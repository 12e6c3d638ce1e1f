import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { crashes } from "../../rehearsal/images/faulty-releases.ts";
import { drift } from "../../src/automation/drift.ts";
import { history } from "../../src/automation/history.ts";
import { pinFromStack } from "../../src/automation/pin.ts";
import { promote } from "../../src/automation/promote.ts";
import { resume } from "../../src/automation/resume.ts";
import { rollback } from "../../src/automation/rollback.ts";
import { environmentStatus } from "../../src/automation/status.ts";
import { refusal, Scene } from "./scene.ts";
import { actor, checkout, configuration, liftlock, pulumi } from "./stage.ts";

const scene = new Scene();
const live = { environment: { APP_ENV: "production" } };
const noChanges = ["up", "--yes", "--skip-preview", "--stack", "production", "--expect-no-changes"];

describe("the way back", () => {
  it("fails on the first target and works on the next", async () => {
    const older = scene.serving;
    const newer = await scene.release();
    expect((await scene.lift(newer)).status).toBe("Completed");
    scene.expectServing(newer);
    const bad = await scene.release({ api: crashes(["boom"], live) });
    // Of the bad release the database's start and both hosts' pass; then the first target cannot be started.
    const match = "^shop-production-. docker compose .* up ";
    scene.world.faults.add({ part: "host", match, skip: 3, times: 2, action: { kind: "status", status: 1 } });
    const result = await scene.lift(bad);
    scene.expectRolledBack(result, "StartFailed", older);
    expect(result.steps.filter((s) => s.name === "revert")).toHaveLength(2);
    const lines = await history(actor(scene.world).context, "production", 3);
    expect(lines.map((line) => line.outcome)).toEqual(["RolledBack", "RolledBack", "RolledBack"]);
  });

  it("asked for by a person goes to a named earlier release, and forward again", async () => {
    const older = scene.serving;
    const newer = await scene.release();
    await scene.promote(newer);
    scene.expectServing(newer);
    const result = await rollback(actor(scene.world).context, {
      environment: "production",
      to: older.version,
    });
    expect(result).toMatchObject({ status: "RolledBack", runs: { version: older.version } });
    scene.expectServing(older);
    const unknown = rollback(actor(scene.world).context, { environment: "production", to: "9.9.9" });
    expect((await refusal(unknown)).code).toBe("NoRollbackTarget");
    const again = await promote(actor(scene.world).context, { from: "staging", to: "production", allow: [] });
    expect(again.status).toBe("Completed");
    scene.expectServing(newer);
    const same = promote(actor(scene.world).context, { from: "staging", to: "production", allow: [] });
    expect((await refusal(same)).code).toBe("NothingToPromote");
  });
});

describe("while a promotion runs", () => {
  it("the environment is held to its end, images are fetched ahead, and a host is logged in to three times at most", async () => {
    const { world } = scene;
    const who = actor(world);
    const ledger = await who.context.ledger();
    const { notify } = who.context;
    const hosts = world.hosts.hosts.filter((host) => host.name.includes("-production-"));
    const next = await scene.release();
    const held: Promise<boolean>[] = [];
    const fetched: number[] = [];
    who.context.notify = (message) => {
      notify(message);
      if (message.code !== "step.started") return;
      held.push(ledger.current("production").then((holder) => holder !== undefined));
      if (message.payload.step !== "deploy") return;
      for (const { engine } of hosts) {
        const names = engine.images.all().flatMap((image) => [...image.digests]);
        fetched.push(Object.values(next.images).filter((image) => names.includes(image)).length);
      }
    };
    const before = hosts.map((host) => host.sessions.logins);
    expect((await scene.lift(next, who)).status).toBe("Completed");
    scene.expectServing(next);
    expect(await Promise.all(held)).toEqual(Array(10).fill(true));
    expect(fetched).toEqual([6, 6]);
    expect(await ledger.current("production")).toBeUndefined();
    expect(hosts.map((host, i) => host.sessions.logins - (before[i] ?? 0))).toEqual([3, 2]);
  });
});

describe("the command line and the driver share stacks and configuration", () => {
  it("after a promotion `pulumi up` finds nothing to do", async () => {
    const release = await scene.release();
    await scene.lift(release);
    scene.expectServing(release);
    expect(await pulumi(scene.world, noChanges)).toMatchObject({ exit: 0 });
  });

  it("a checkout whose pin is older is refused by the hosts (StalePin), by the driver too, and can be brought up to date", async () => {
    const behind = checkout(scene.world);
    const release = await scene.release();
    await scene.lift(release);
    const up = await pulumi(scene.world, ["up", "--yes", "--skip-preview", "--stack", "production"], behind);
    expect(up.exit).not.toBe(0);
    expect(up.output).toContain("StalePin");
    scene.expectServing(release);
    const who = actor(scene.world, behind);
    const next = await scene.release();
    expect((await refusal(scene.lift(next, who))).code).toMatch(/StalePin/);
    expect(await pinFromStack(who.context, "production")).toMatchObject({
      after: { version: release.version },
    });
    expect(await pulumi(scene.world, noChanges, behind)).toMatchObject({ exit: 0 });
    expect((await scene.lift(next, who)).status).toBe("Completed");
    // Now the first checkout is the one that is behind.
    await pinFromStack(actor(scene.world).context, "production");
    scene.expectServing(next);
  });

  it("a configuration edited during a promotion keeps the edit, and the pin is what runs", async () => {
    const release = await scene.release();
    const who = actor(scene.world);
    const { notify } = who.context;
    const file = join(scene.world.workDirectory, "Pulumi.production.yaml");
    who.context.notify = (message) => {
      notify(message);
      if (message.code !== "step.started" || message.payload.step !== "verify") return;
      const text = readFileSync(file, "utf8").replace(/ {2}liftlock:rollout:\n {4}attempt: \d+\n/, "");
      writeFileSync(file, `# edited by hand\n${text}`);
    };
    expect((await scene.lift(release, who)).status).toBe("Completed");
    expect(who.messages.some((m) => m.code === "warning")).toBe(true);
    expect(readFileSync(file, "utf8")).toContain("# edited by hand");
    scene.expectServing(release);
    expect(await pulumi(scene.world, noChanges)).toMatchObject({ exit: 0 });
  });

  it("a configuration made unreadable during a promotion: the release runs, and resume writes the pin", async () => {
    const release = await scene.release();
    const who = actor(scene.world);
    const { notify } = who.context;
    const file = join(scene.world.workDirectory, "Pulumi.production.yaml");
    let whole = "";
    who.context.notify = (message) => {
      notify(message);
      if (message.code !== "step.started" || message.payload.step !== "verify") return;
      whole = readFileSync(file, "utf8");
      writeFileSync(file, "config: [");
    };
    const result = await scene.lift(release, who);
    expect(result).toMatchObject({
      status: "Failed",
      reason: { code: "ConfigInvalid" },
      runs: { version: release.version },
    });
    writeFileSync(file, whole);
    expect(await resume(actor(scene.world).context, "production")).toMatchObject({ status: "Completed" });
    scene.expectServing(release);
  });
});

describe("looking", () => {
  it("status tells what each host runs", async () => {
    const status = await environmentStatus(actor(scene.world).context, "production");
    expect(status).toMatchObject({ problems: [], interrupted: false, healthy: [10, 10], endpoints: [8, 8] });
    expect(status.hosts.map((host) => host.digests?.["api"])).toEqual(
      Array(2).fill(scene.serving.images["api"]?.split("@")[1]),
    );
  });

  it("history tells what was pinned, what was rolled out, who did it and how it ended", async () => {
    const lines = await history(actor(scene.world).context, "production", 50);
    expect(lines.length).toBeGreaterThan(1);
    expect(lines[0]?.attempt).toBe(
      (configuration(scene.world.workDirectory)["liftlock:rollout"] as { attempt: number }).attempt,
    );
    expect(lines.map((line) => line.outcome)).toContain("Completed");
    expect(lines.every((line) => line.actor !== undefined || line.attempt === 0)).toBe(true);
  });

  it("drift finds nothing, then what somebody changed on a host and in the cloud", async () => {
    const look = () => drift(actor(scene.world).context, "production");
    expect((await look()).differences).toEqual([]);
    const { engine, droplet } = scene.world.hosts.host("shop-production-2");
    const docs = engine.containers().find(({ spec }) => spec.labels["com.docker.compose.service"] === "docs");
    docs?.kill();
    const { url } = scene.world.digitalocean;
    const headers = {
      authorization: `Bearer ${scene.world.environment["DIGITALOCEAN_TOKEN"]}`,
      "content-type": "application/json",
    };
    const body = JSON.stringify({ type: "rename", name: "renamed" });
    await fetch(`${url}/v2/droplets/${droplet.id}/actions`, { method: "POST", headers, body });
    const { differences } = await look();
    expect(differences.map((d) => d.where).sort()).toEqual(["cloud", "host"]);
    expect(differences.find((d) => d.where === "host")?.what).toContain("docs");
    expect(differences.find((d) => d.where === "cloud")?.what).toContain("name");
    await fetch(`${url}/v2/droplets/${droplet.id}/actions`, {
      method: "POST",
      headers,
      body: JSON.stringify({ type: "rename", name: "shop-production-2" }),
    });
    await docs?.start();
  });

  it("resume with nothing interrupted says so", async () => {
    const ran = await liftlock(scene.world, ["resume", "production"]);
    expect(ran.exit).toBe(0);
    expect(ran.events.at(-1)).toMatchObject({ event: "resume.planned", action: "nothing" });
  });
});
