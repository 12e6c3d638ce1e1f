/** Rehearsed faults on hosts. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { FaultAction } from "../../../rehearsal/faults/faults.ts";
import type { Machine } from "../../../rehearsal/host/machine/machine.ts";
import { ConnectionCut, connect, run } from "./ssh.ts";
import { runScript, startWorld, type World } from "./world.ts";

let world: World;
let host: Machine;

beforeAll(async () => {
  world = await startWorld();
  host = await world.boot("web-1");
});
afterEach(() => world.faults.clear());
afterAll(() => world.close());

const arm = (match: string, action: FaultAction) => world.faults.add({ part: "host", match, action });
const timed = async (work: () => Promise<unknown>) => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};

describe("connect", () => {
  it("is refused once", async () => {
    arm("^web-1 connect$", { kind: "refuse" });
    await expect(connect(world.target(host))).rejects.toBeInstanceOf(Error);
    expect((await run(world.target(host), "true")).code).toBe(0);
  });

  it("is late", async () => {
    arm("web-1 connect", { kind: "delay", milliseconds: 150 });
    expect(await timed(() => run(world.target(host), "true"))).toBeGreaterThan(149);
  });

  it("is cut after a while", async () => {
    arm("web-1 connect", { kind: "drop", afterMilliseconds: 100 });
    await expect(run(world.target(host), "sleep 0.5")).rejects.toBeInstanceOf(ConnectionCut);
  });
});

describe("exec", () => {
  it("ends with another status and does nothing", async () => {
    arm("web-1 exec touch", { kind: "status", status: 42, message: "no" });
    const ran = await run(world.target(host), "touch made");
    expect(ran).toMatchObject({ code: 42, stderr: "no\n" });
    expect((await run(world.target(host), "ls made")).code).not.toBe(0);
  });

  it("is cut while the command goes on", async () => {
    arm("^web-1 exec sleep 0.3; touch", { kind: "drop", afterMilliseconds: 50 });
    await expect(run(world.target(host), "sleep 0.3; touch late; echo too late")).rejects.toBeInstanceOf(
      ConnectionCut,
    );
    await expect.poll(async () => (await run(world.target(host), "ls late")).code).toBe(0);
  });

  it("is cut, and the command ends when it writes", async () => {
    arm("^web-1 exec sleep 0.2; echo", { kind: "drop", afterMilliseconds: 20 });
    const cut = run(world.target(host), "sleep 0.2; echo anybody; touch unheard");
    await expect(cut).rejects.toBeInstanceOf(ConnectionCut);
    await expect.poll(() => host.runningScripts).toBe(0);
    expect((await run(world.target(host), "ls unheard")).code).not.toBe(0);
  });

  it("lies", async () => {
    arm("^web-1 exec echo", { kind: "lie", text: "something else" });
    expect(await run(world.target(host), "echo truth")).toMatchObject({
      code: 0,
      stdout: "something else\n",
    });
  });
});

describe("docker", () => {
  it("fails with a message", async () => {
    arm("web-1 docker ps --all$", { kind: "status", status: 9, message: "disk full" });
    expect(await run(world.target(host), "docker ps --all")).toMatchObject({
      code: 9,
      stderr: "disk full\n",
    });
    expect((await run(world.target(host), "docker ps --all")).code).toBe(0);
  });

  it("is not there", async () => {
    arm("^web-1 docker ps", { kind: "refuse" });
    expect((await run(world.target(host), "docker ps")).stderr).toContain(
      "Cannot connect to the Docker daemon",
    );
  });

  it("is late", async () => {
    arm("^web-1 docker ps", { kind: "delay", milliseconds: 150 });
    expect(await timed(() => run(world.target(host), "docker ps"))).toBeGreaterThan(149);
  });

  it("lies about what runs", async () => {
    const images = await world.publish("1.0.0");
    await runScript(world, host, "deploy", { images });
    const text = `sha256:${"e".repeat(64)}\n`;
    arm("^web-1 docker inspect .*\\{\\{\\.Image\\}\\}", { kind: "lie", text });
    const ran = await run(world.target(host), "docker inspect --format '{{.Image}}' shop-api-1");
    expect(ran.stdout).toBe(text);
    expect(world.faults.history.at(-1)?.action).toEqual({ kind: "lie", text });
  });

  it("lies in JSON", async () => {
    arm("^web-1 docker version", { kind: "lie", patch: { Server: { Version: "1.0" } } });
    const ran = await run(world.target(host), "docker version --format '{{json .}}'");
    expect(JSON.parse(ran.stdout)).toMatchObject({ Server: { Version: "1.0", Os: "linux" } });
  });
});
