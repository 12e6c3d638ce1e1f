import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { runProbe } from "../../../../rehearsal/host/service/probe.ts";
import { ServiceProcess } from "../../../../rehearsal/host/service/service-process.ts";
import { type BehaviourInput, behaviourSchema } from "../../../../rehearsal/images/behaviour.ts";

const started: ServiceProcess[] = [];
afterEach(() => {
  for (const process of started.splice(0)) process.kill();
});

function launch(
  behaviour: Partial<BehaviourInput>,
  around: {
    environment?: Record<string, string>;
    files?: Record<string, string>;
    others?: Record<string, ServiceProcess>;
  } = {},
) {
  const lines: string[] = [];
  const codes: number[] = [];
  const files = Object.entries(around.files ?? {}).map(([path, text]) => [path, Buffer.from(text)] as const);
  const full = { service: "api", version: "1", listen: 8080, startMilliseconds: 0, ...behaviour };
  const process = new ServiceProcess(behaviourSchema.parse(full), {
    environment: around.environment ?? {},
    files: new Map(files),
    write: (stream, line) => lines.push(`${stream}: ${line}`),
    exited: (code) => codes.push(code),
    reach: (service, port) =>
      around.others?.[service]?.listensOn(port) ? around.others[service] : undefined,
  });
  started.push(process);
  process.start();
  const get = async (path: string) => {
    const { status, body } = await process.handle({ method: "GET", path });
    return `${status} ${body.toString().trim()}`;
  };
  return { process, lines, codes, get };
}

describe("ServiceProcess", () => {
  it("listens after its start", async () => {
    const { process } = launch({ startMilliseconds: 30 });
    expect(process.listensOn(8080)).toBe(false);
    await expect.poll(() => process.listensOn(8080)).toBe(true);
    expect(process.listensOn(8081)).toBe(false);
  });

  it("answers with files, other services, rules and the usual, in this order", async () => {
    const api = launch({ service: "api" });
    const { get } = launch(
      {
        service: "web",
        proxy: { "/api/": "api:8080", "/none/": "none:1" },
        answers: [
          { path: "/a.txt", body: "rule" },
          { path: "/b", status: 418, body: "b" },
        ],
      },
      {
        files: { "/app/www/a.txt": "file", "/app/www/index.html": "home", "/app/secret": "s" },
        others: { api: api.process },
      },
    );
    await sleep(5);
    expect(await get("/a.txt")).toBe("200 file");
    expect(await get("/")).toBe("200 home");
    expect(await get("/b")).toBe("418 b");
    expect(await get("/api/version")).toBe('200 {"service":"api","version":"1"}');
    expect(await get("/none/x")).toBe("502 no answer from none:1");
    expect(await get("/healthz")).toBe('200 {"service":"web","version":"1","status":"ok"}');
    expect(await get("/../secret")).toBe("404 not found");
    expect(await get("/%2e%2e/secret")).toBe("404 not found");
    expect(await get("/%zz")).toBe("404 not found");
  });

  it("changes its answer from the n-th request on, and by its environment", async () => {
    const { get } = launch(
      {
        answers: [
          { path: "/", status: 500, body: "late", fromRequest: 3 },
          { path: "/", status: 503, when: { environment: { MODE: "live" } } },
          { path: "/", body: "well" },
        ],
      },
      { environment: { MODE: "test" } },
    );
    expect([await get("/"), await get("/"), await get("/"), await get("/")]).toEqual([
      "200 well",
      "200 well",
      "500 late",
      "500 late",
    ]);
  });

  it("logs, and ends by itself when the environment says so", async () => {
    const exit = {
      code: 3,
      afterMilliseconds: 20,
      log: ["no $KEY"],
      when: { environment: { MODE: "live" } },
    };
    const bad = launch({ log: ["mode $MODE"], exit }, { environment: { MODE: "live", KEY: "k" } });
    const good = launch({ exit }, { environment: { MODE: "test" } });
    await expect.poll(() => bad.codes).toEqual([3]);
    expect(bad.lines).toEqual(["stdout: mode live", "stderr: no k"]);
    expect(bad.process.started).toBe(false);
    expect(good.codes).toEqual([]);
  });

  it("hangs where it is told to", async () => {
    const { get } = launch({
      answers: [
        { path: "/", delayMilliseconds: -1 },
        { path: "/slow", delayMilliseconds: 60 },
      ],
    });
    const first = await Promise.race([get("/"), get("/slow"), sleep(500).then(() => "nothing")]);
    expect(first).toBe("200 ok");
  });
});

describe("runProbe", () => {
  it("asks for /healthz", async () => {
    const { process } = launch({ answers: [{ path: "/healthz", status: 503 }] });
    const well = launch({}).process;
    await sleep(5);
    const test = ["CMD", "/app/serve", "--health"];
    expect(await runProbe(test, process, 8080)).toMatchObject({ exitCode: 1 });
    expect(await runProbe(test, well, 8080)).toMatchObject({ exitCode: 0 });
    expect(await runProbe(["CMD-SHELL", "/app/serve --health"], well, 8080)).toMatchObject({ exitCode: 0 });
    expect(await runProbe(test, undefined, 8080)).toMatchObject({ exitCode: 1 });
  });

  it("knows when a database has started, and says what it cannot run", async () => {
    const { process } = launch({ startMilliseconds: 30, listen: 5432 });
    const test = ["CMD", "pg_isready", "--username", "shop"];
    expect(await runProbe(test, process, 5432)).toMatchObject({ exitCode: 2 });
    await expect.poll(async () => (await runProbe(test, process, 5432)).exitCode).toBe(0);
    expect((await runProbe(["CMD", "curl", "x"], process, 5432)).output).toContain(
      "cannot run the health check",
    );
  });
});
