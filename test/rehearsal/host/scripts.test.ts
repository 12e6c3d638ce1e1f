/** The product's own scripts, over SSH, on simulated hosts. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Machine } from "../../../rehearsal/host/machine/machine.ts";
import { crashes, hangs, neverHealthy } from "../../../rehearsal/images/faulty-releases.ts";
import { ConnectionCut, connect, execute, run } from "./ssh.ts";
import { payload, promoted, runScript, script, startWorld, type World } from "./world.ts";

let world: World;
let host: Machine;
let good: Record<string, string>;
let better: Record<string, string>;

beforeAll(async () => {
  world = await startWorld();
  good = await world.publish("1.0.0");
  better = await world.publish("1.1.0");
});

beforeEach(async () => {
  host = await world.boot(`shop-${crypto.randomUUID().slice(0, 8)}`);
});

afterEach(async () => {
  world.faults.clear();
  await world.hosts.destroy(host.droplet.id);
});

afterAll(() => world.close());

const file = (name: string) => readFile(join(host.home("deploy"), "liftlock/shop", name), "utf8");
const get = async (path: string) => {
  const response = await fetch(`http://${host.droplet.address}:18080${path}`);
  return { status: response.status, text: await response.text() };
};
const running = () =>
  Object.fromEntries(
    host.engine
      .containers()
      .filter(({ status }) => status === "running")
      .map(({ spec }) => [spec.labels["com.docker.compose.service"] ?? "", spec.reference]),
  );
const pinned = (images: Record<string, string>, services = promoted) =>
  Object.fromEntries(services.map((service) => [service, images[service] ?? ""]));

describe("deploy.sh", () => {
  it("pulls by digest, starts every service, waits until they are healthy and records it", async () => {
    const ran = await runScript(world, host, "deploy", { images: good, release: "1.0.0", attempt: 4 });
    expect(ran).toMatchObject({ code: 0, stdout: "" });
    expect(running()).toEqual(pinned(good));
    expect(await get("/api/version")).toEqual({
      status: 200,
      text: JSON.stringify({ service: "api", version: "1.0.0" }),
    });
    expect((await get("/")).text).toContain("Shop 1.0.0");
    expect((await get("/nowhere")).status).toBe(404);
    expect([await file("phase"), await file("attempt"), await file("release")]).toEqual([
      "deployed\n",
      "4\n",
      "1.0.0\n",
    ]);
  });

  it("replaces what changed and leaves the rest as it is", async () => {
    await runScript(world, host, "deploy", { images: good });
    const before = new Map(host.engine.containers().map(({ id, spec }) => [spec.name, id]));
    const ran = await runScript(world, host, "deploy", {
      images: { ...good, api: better.api ?? "" },
      attempt: 2,
    });
    expect(ran.code).toBe(0);
    const changed = host.engine.containers().filter(({ id, spec }) => before.get(spec.name) !== id);
    expect(changed.map(({ spec }) => spec.name)).toEqual(["shop-api-1"]);
    expect((await get("/api/version")).text).toContain("1.1.0");
  });

  it("recreates services whose environment changed", async () => {
    await runScript(world, host, "deploy", { images: good });
    const [before] = host.engine.containers().filter(({ spec }) => spec.name === "shop-docs-1");
    await runScript(world, host, "deploy", { images: good, attempt: 2, environment: { APP_ENV: "other" } });
    const after = host.engine.containers().find(({ spec }) => spec.name === "shop-docs-1");
    expect(after?.id).not.toBe(before?.id);
    expect(after?.spec.environment).toMatchObject({ APP_ENV: "other" });
  });

  it("stops services that a newer compose file no longer has", async () => {
    await runScript(world, host, "deploy", { images: good });
    const compose = `services:\n  api:\n    image: ${good.api}\n`;
    const images = { api: good.api ?? "" };
    await runScript(world, host, "deploy", { images, compose, services: ["api"], attempt: 2 });
    expect(running()).toEqual(pinned(good, ["api"]));
  });

  it("fails with 70 and touches nothing when an image is missing", async () => {
    await runScript(world, host, "deploy", { images: good });
    const api = `${better.api?.slice(0, -64)}${"0".repeat(64)}`;
    const ran = await runScript(world, host, "deploy", { images: { ...better, api }, attempt: 2 });
    expect(ran.code).toBe(70);
    expect(ran.stderr).toContain("manifest unknown");
    expect(ran.stderr).toContain("liftlock: PullFailed: an image could not be pulled");
    expect(running()).toEqual(pinned(good));
    expect(await file("attempt")).toBe("1\n");
  });

  it("fails with 71 when the compose file is none", async () => {
    const ran = await runScript(world, host, "deploy", { images: good, compose: "services: [" });
    expect(ran.code).toBe(71);
    expect(ran.stderr).toContain("liftlock: ComposeInvalid");
  });

  it("fails with 73 when a service crashes again and again, before the time is over", async () => {
    const bad = await world.publish("2.0.0", { api: crashes(["Error: no key"]) });
    const ran = await runScript(world, host, "deploy", { images: bad, wait: 30 });
    expect(ran.code).toBe(73);
    expect(ran.milliseconds).toBeLessThan(25_000);
    const api = host.engine.containers().find(({ spec }) => spec.name === "shop-api-1");
    expect(api?.restartCount).toBeGreaterThan(0);
    expect(api?.logs.tail().map(({ text }) => text)).toContain("Error: no key");
    expect(await file("phase")).toBe("deploying\n");
  });

  it("fails with 73 when a service becomes unhealthy, and leaves it in place", async () => {
    const bad = await world.publish("2.0.1", { docs: neverHealthy() });
    const compose = (await readFile("app/compose.yaml", "utf8"))
      .replace("start_period: 10s", "start_period: 0s")
      .replace("interval: 5s", "interval: 100ms");
    const ran = await runScript(world, host, "deploy", { images: bad, compose, wait: 10 });
    expect(ran.code).toBe(73);
    expect(ran.stderr).toMatch(/shop-docs-1: Up .* \(unhealthy\)/);
    expect(running()).toEqual(pinned(bad));
  });

  it("fails with 73 when a service without a health check ends within its first second", async () => {
    const bad = await world.publish("2.0.4", { api: crashes(["Error: no key"]) });
    const compose = `services:\n  api:\n    image: ${bad.api}\n    environment: { APP_ENV: production }\n`;
    const images = { api: bad.api ?? "" };
    const ran = await runScript(world, host, "deploy", { images, compose, services: ["api"], wait: 10 });
    expect(ran.code).toBe(73);
    expect(ran.stderr).toMatch(/shop-api-1: Exited \(\d+\)/);
    expect(await file("phase")).toBe("deploying\n");
  });

  it("fails with 73 when a health check hangs", async () => {
    const bad = await world.publish("2.0.2", { web: hangs() });
    const ran = await runScript(world, host, "deploy", { images: bad, wait: 1 });
    expect(ran.code).toBe(73);
    expect(ran.milliseconds).toBeGreaterThan(1000);
  });

  it("goes back to the older release afterwards", async () => {
    await runScript(world, host, "deploy", { images: good });
    const bad = await world.publish("2.0.3", { api: crashes(["x"]) });
    expect((await runScript(world, host, "deploy", { images: bad, attempt: 2, wait: 1 })).code).toBe(73);
    const ran = await runScript(world, host, "deploy", { images: good, attempt: 3, mode: "revert" });
    expect(ran.code).toBe(0);
    expect(running()).toEqual(pinned(good));
  });

  it("fails with 73 when the port is taken", async () => {
    await runScript(world, host, "deploy", { images: good });
    const other = await payload({ images: good });
    const ran = await runScript(world, host, "deploy", other.replace("app shop", "app shop2"));
    expect(ran.code).toBe(73);
    expect(ran.stderr).toContain("port is already allocated");
  });

  it("refuses an attempt older than the last", async () => {
    await runScript(world, host, "deploy", { images: better, attempt: 7 });
    const ran = await runScript(world, host, "deploy", { images: good, attempt: 6 });
    expect(ran.code).toBe(75);
    expect(ran.stderr).toContain("liftlock: StalePin: attempt 6 is older than attempt 7");
    expect(running()).toEqual(pinned(better));
  });

  it("waits for the lock, and an overtaken attempt stops between two phases", async () => {
    world.faults.add({
      part: "host",
      match: "docker compose .* pull",
      action: { kind: "delay", milliseconds: 600 },
    });
    const older = runScript(world, host, "deploy", { images: good, attempt: 1 });
    await sleep(250);
    const newer = runScript(world, host, "deploy", { images: better, attempt: 2 });
    const [first, second] = await Promise.all([older, newer]);
    expect(first.code).toBe(77);
    expect(first.stderr).toContain("liftlock: Superseded: attempt 1 was overtaken by attempt 2");
    expect(second.code).toBe(0);
    expect(running()).toEqual(pinned(better));
  });

  it("goes on when the connection drops", async () => {
    world.faults.add({
      part: "host",
      match: "exec .*Puts one release",
      action: { kind: "drop", afterMilliseconds: 60 },
    });
    await expect(runScript(world, host, "deploy", { images: good })).rejects.toBeInstanceOf(ConnectionCut);
    await expect.poll(() => file("phase").catch(() => "")).toBe("deployed\n");
    expect(running()).toEqual(pinned(good));
    await expect.poll(() => host.runningScripts).toBe(0);
  });

  it("is cut short by a power failure; what ran before runs again afterwards", async () => {
    await runScript(world, host, "deploy", { images: good });
    const struck = world.faults.history.length;
    world.faults.add({
      part: "host",
      match: "^\\S+ docker compose .* up",
      action: { kind: "delay", milliseconds: 60_000 },
    });
    const waiting = runScript(world, host, "deploy", { images: better, attempt: 2 }).catch(
      (cause: unknown) => cause,
    );
    await expect.poll(() => world.faults.history.length).toBe(struck + 1);
    expect(await file("phase")).toBe("deploying\n");
    await world.hosts.powerOff(host.droplet.id);
    expect(await waiting).toBeInstanceOf(Error);
    expect(host.runningScripts).toBe(0);
    await expect(get("/")).rejects.toThrow("fetch failed");
    await world.hosts.powerOn(host.droplet.id);
    expect(running()).toEqual(pinned(good));
    await expect.poll(() => get("/healthz").then(({ status }) => status)).toBe(200);
    const ran = await runScript(world, host, "deploy", { images: better, attempt: 3 });
    expect(ran.code).toBe(0);
  });

  it("keeps credentials only as long as it runs", async () => {
    await runScript(world, host, "deploy", { images: good });
    const left = await run(world.target(host), 'ls -A "$TMPDIR"; find . -name config.json');
    expect(left).toMatchObject({ code: 0, stdout: "" });
  });
});

describe("migrate.sh", () => {
  it("starts the database, runs the migrator once and keeps its output on the host", async () => {
    const ran = await runScript(world, host, "migrate", {
      images: good,
      services: ["migrator"],
      stateful: ["postgres"],
      profiles: ["job", "data"],
    });
    expect(ran).toMatchObject({ code: 0 });
    expect(Object.keys(running())).toEqual(["postgres"]);
    expect(await file("migrator.log")).toContain("migrated to 1.0.0");
    expect(host.engine.containers().map(({ spec }) => spec.name)).toEqual(["shop-postgres-1"]);
  });

  it("fails with 72 when the migrator fails", async () => {
    const bad = await world.publish("2.1.0", {
      migrator: { exit: { code: 3, log: ["relation exists"], afterMilliseconds: 20 } },
    });
    const ran = await runScript(world, host, "migrate", {
      images: bad,
      services: ["migrator"],
      profiles: ["job"],
    });
    expect(ran.code).toBe(72);
    expect(await file("migrator.log")).toContain("relation exists");
  });

  it("does nothing on the way back", async () => {
    const ran = await runScript(world, host, "migrate", {
      images: good,
      mode: "revert",
      services: ["migrator"],
    });
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(host.engine.containers()).toEqual([]);
  });
});

describe("remove.sh", () => {
  it("removes the containers and keeps volumes and the record", async () => {
    const all = { images: good, stateful: ["postgres"], profiles: ["data"] };
    await runScript(world, host, "deploy", all);
    const ran = await runScript(world, host, "remove", all);
    expect(ran.code).toBe(0);
    expect(host.engine.containers()).toEqual([]);
    expect([...host.engine.volumes]).toEqual(["shop_postgres"]);
    expect(await file("attempt")).toBe("1\n");
    await expect(get("/")).rejects.toThrow("fetch failed");
  });

  it("has nothing to do on a fresh host", async () => {
    expect(await runScript(world, host, "remove", { images: good })).toMatchObject({ code: 0 });
  });
});

describe("prefetch.sh", () => {
  const lines = (references: string[]) => references.map((reference) => `image ${reference}\n`).join("");

  it("fetches side by side, and each layer once", async () => {
    world.registry.requests.clear();
    const references = promoted.map((service) => good[service] ?? "");
    const ran = await runScript(world, host, "prefetch", lines(references));
    expect(ran.code).toBe(0);
    expect(ran.stdout.trim().split("\n").sort()).toEqual(references.map((one) => `fetched ${one}`).sort());
    const blobs = world.registry.requests.all().map(({ path }) => path.replace(/^.*\//, ""));
    expect(new Set(blobs).size).toBe(blobs.length);
  });

  it("fetches nothing that is there", async () => {
    const all = lines([good.api ?? ""]);
    await runScript(world, host, "prefetch", all);
    world.registry.requests.clear();
    expect((await runScript(world, host, "prefetch", all)).stdout).toContain("fetched");
    expect(world.registry.requests.all()).toEqual([]);
  });

  it("says which image could not be fetched", async () => {
    const missing = `${world.registry.host}/example/shop/none@sha256:${"0".repeat(64)}`;
    const ran = await runScript(world, host, "prefetch", lines([good.api ?? "", missing]));
    expect(ran.stdout).toContain(`fetched ${good.api}`);
    expect(ran.stdout).not.toContain(`fetched ${missing}`);
    expect(ran.stdout).toContain("not found");
  });
});

describe("observe.sh", () => {
  it("prints what is recorded and what runs", async () => {
    await runScript(world, host, "deploy", { images: good, attempt: 9, release: "1.0.0" });
    const ran = await runScript(world, host, "observe", "shop\n");
    expect(ran.code).toBe(0);
    const lines = ran.stdout.trim().split("\n");
    expect(lines.slice(0, 3)).toEqual(["attempt 9", "phase deployed", "release 1.0.0"]);
    const facts = (kind: string) =>
      lines
        .filter((line) => line.startsWith(`${kind} {`))
        .map((line) => JSON.parse(line.slice(kind.length + 1)) as Record<string, unknown>);
    const containers = facts("container");
    const digests = new Map(facts("image").map(({ id, digests: known }) => [id, known]));
    expect(containers.map(({ service }) => String(service)).sort()).toEqual([...promoted].sort());
    for (const container of containers) {
      expect(container).toMatchObject({
        oneoff: "False",
        restarts: 0,
        state: { Status: "running", Health: { Status: "healthy" } },
      });
      expect(digests.get(container.image)).toEqual([good[String(container.service)]]);
    }
  });

  it("prints only who can be reached of a host that never ran anything", async () => {
    expect(await runScript(world, host, "observe", "shop\n")).toMatchObject({
      code: 0,
      stdout: `listens tcp 0.0.0.0:${world.sshPort}\nguard inactive\n`,
    });
  });
});

describe("side by side", () => {
  it("gives several scripts on one connection their own channel", async () => {
    const client = await connect(world.target(host));
    const texts = await Promise.all([script("observe"), script("observe")]);
    const ran = await Promise.all(texts.map((text) => execute(client, text, "shop\n")));
    client.end();
    expect(ran.map(({ code }) => code)).toEqual([0, 0]);
    expect(host.sessions).toEqual({ logins: 1, execs: 2 });
  });
});

describe("a power failure at any moment", () => {
  it("leaves nothing running while the host is off, and a host that can be deployed to", async () => {
    await runScript(world, host, "deploy", { images: good });
    for (const [index, after] of [40, 55, 70, 85, 100, 150].entries()) {
      const images = index % 2 === 0 ? better : good;
      const attempt = index + 2;
      const deploying = runScript(world, host, "deploy", { images, attempt }).catch(() => undefined);
      await sleep(after);
      await world.hosts.powerOff(host.droplet.id);
      await deploying;
      await sleep(60);
      expect(host.runningScripts).toBe(0);
      await expect(get("/")).rejects.toThrow("fetch failed");
      await world.hosts.powerOn(host.droplet.id);
    }
    expect((await runScript(world, host, "deploy", { images: better, attempt: 99 })).code).toBe(0);
    expect(running()).toEqual(pinned(better));
  });
});
