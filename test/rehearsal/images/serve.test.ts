import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import type { BehaviourInput } from "../../../rehearsal/images/behaviour.ts";
import { buildImage } from "../../../rehearsal/images/image.ts";
import { filesOf } from "./unpack.ts";

/** Debian's busybox-static has what the program needs; `BUSYBOX` names one that is not on the PATH. */
const busybox = process.env.BUSYBOX ?? "busybox";
const able = spawnSync(busybox, ["nc", "--help"]).stderr?.includes("-ll") ?? false;

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

/** A free port: taken and given back. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === "object" && address ? address.port : 0;
}

/** Unpacks an image into a directory and runs its program there, as an engine would in a root of its own. */
class Unpacked {
  readonly serve: string;
  private readonly environment: Record<string, string>;

  constructor(directory: string, environment: Record<string, string>) {
    this.serve = join(directory, "app/serve");
    this.environment = { ...environment, BUSYBOX: this.busybox, STATE_DIRECTORY: join(directory, "state") };
  }

  private get busybox(): string {
    return execFileSync("sh", ["-c", `command -v ${busybox}`], { encoding: "utf8" }).trim();
  }

  run(...words: string[]) {
    return spawnSync(busybox, ["sh", this.serve, ...words], { env: this.environment, encoding: "utf8" });
  }

  start(): ChildProcess {
    const child = spawn(busybox, ["sh", this.serve], { env: this.environment, stdio: "ignore" });
    cleanups.push(() => child.kill("SIGTERM"));
    return child;
  }

  async healthy(): Promise<void> {
    for (let tries = 0; tries < 1000 && this.run("--health").status !== 0; tries += 1) await sleep(20);
  }
}

async function unpack(
  behaviour: BehaviourInput,
  files: Record<string, string> = {},
  environment: Record<string, string> = {},
): Promise<Unpacked> {
  const directory = mkdtempSync(join(tmpdir(), "liftlock-serve-"));
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
  for (const [path, { content, header }] of await filesOf(await buildImage({ behaviour, files }))) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
    chmodSync(join(directory, path), header.mode ?? 0o644);
  }
  return new Unpacked(directory, environment);
}

describe.skipIf(!able)("/app/serve under busybox", () => {
  test("serves files, answers, other services, and 404", async () => {
    const [port, other] = [await freePort(), await freePort()];
    const api = await unpack({
      service: "api",
      version: "2",
      listen: other,
      answers: [{ path: "/x", body: '{"a":"b"}' }],
    });
    const web = await unpack(
      { service: "web", version: "1", listen: port, proxy: { "/api/": `127.0.0.1:${other}` } },
      { "index.html": "<h1>hello</h1>" },
    );
    api.start();
    web.start();
    await Promise.all([api.healthy(), web.healthy()]);
    const ask = async (path: string) => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`);
      return [answer.status, await answer.text()];
    };
    expect(await ask("/")).toEqual([200, "<h1>hello</h1>"]);
    expect(await ask("/api/x?y=z")).toEqual([200, '{"a":"b"}']);
    expect(await ask("/version")).toEqual([200, '{"service":"web","version":"1","status":"ok"}']);
    expect(await ask("/nothing")).toEqual([404, "not found\n"]);
  });

  test("answers with another status from the n-th request on, where the environment says so", async () => {
    const port = await freePort();
    const answers = [
      { path: "/a", status: 500, fromRequest: 2, when: { environment: { MODE: "live" } } },
      { path: "/a", status: 418, when: { environment: { MODE: "test" } } },
      { path: "/a", status: 200 },
    ];
    const service = await unpack(
      { service: "api", version: "1", listen: port, answers },
      {},
      { MODE: "live" },
    );
    service.start();
    await service.healthy();
    const statuses: number[] = [];
    for (let n = 0; n < 3; n += 1) statuses.push((await fetch(`http://127.0.0.1:${port}/a`)).status);
    expect(statuses).toEqual([200, 500, 500]);
  });

  test("is unhealthy when nothing listens, and when it says so", async () => {
    const port = await freePort();
    const answers = [{ path: "/healthz", status: 503 }, { path: "/up" }];
    const service = await unpack({ service: "api", version: "1", listen: port, answers });
    expect(service.run("--health").status).toBe(1);
    service.start();
    for (let up = false; !up; await sleep(20)) {
      up = await fetch(`http://127.0.0.1:${port}/up`).then(
        ({ ok }) => ok,
        () => false,
      );
    }
    expect(service.run("--health").status).toBe(1);
  });

  test("a job writes its lines and ends with its code", async () => {
    const exit = { code: 7, afterMilliseconds: 20, log: ['Error: "quoted" \\ $MODE', "    at connect"] };
    const job = await unpack(
      { service: "job", version: "1", log: ["starting in $MODE"], exit },
      {},
      { MODE: "live" },
    );
    const { status, stdout, stderr } = job.run();
    expect(status).toBe(7);
    expect(stdout).toBe("starting in live\n");
    expect(stderr).toBe('Error: "quoted" \\ live\n    at connect\n');
  });
});
