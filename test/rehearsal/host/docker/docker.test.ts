/** The stand-in's commands, without SSH. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Faults } from "../../../../rehearsal/faults/faults.ts";
import { runDocker } from "../../../../rehearsal/host/docker/docker.ts";
import { Engine } from "../../../../rehearsal/host/engine/engine.ts";
import { LayerCache } from "../../../../rehearsal/host/pull/layers.ts";
import { Puller } from "../../../../rehearsal/host/pull/puller.ts";
import type { BehaviourInput } from "../../../../rehearsal/images/behaviour.ts";
import { buildImage } from "../../../../rehearsal/images/image.ts";
import { type Registry, startRegistry } from "../../../../rehearsal/registry/server.ts";
import { freePort } from "../world.ts";

const address = `127.${(process.pid % 200) + 20}.250.2`;
const layers = new LayerCache();
let registry: Registry;
let directory: string;
let engine: Engine;
let puller: Puller;

beforeAll(async () => {
  registry = await startRegistry({ faults: new Faults() });
  directory = await mkdtemp(join(tmpdir(), "liftlock-docker-"));
});
beforeEach(() => {
  engine = new Engine([address]);
  puller = new Puller(engine.images, layers);
});
afterEach(() => engine.losePower());
afterAll(async () => {
  await registry.close();
  await rm(directory, { recursive: true });
});

const docker = (...argv: string[]) =>
  runDocker({ argv, cwd: directory, environment: {}, engine, puller, signal: new AbortController().signal });

async function image(name: string, behaviour: Partial<BehaviourInput> = {}): Promise<string> {
  const built = await buildImage({
    behaviour: { service: name, version: "1", startMilliseconds: 0, ...behaviour },
  });
  return `${registry.host}/team/${name}@${registry.push(`team/${name}`, built)}`;
}

async function compose(services: Record<string, unknown>, ...argv: string[]) {
  await writeFile(join(directory, "compose.yaml"), JSON.stringify({ name: "app", services }));
  return docker("compose", ...argv);
}

const up = (services: Record<string, unknown>, ...argv: string[]) =>
  compose(services, "up", "--detach", ...argv);

describe("containers", () => {
  const start = async () => {
    const api = await image("api", { listen: 8080, log: ["hello"] });
    const job = await image("job", { exit: { code: 4, afterMilliseconds: 0, log: ["failed"] } });
    expect(await up({ api: { image: api, labels: { team: "a" } }, job: { image: job } })).toMatchObject({
      exitCode: 0,
    });
    await expect.poll(() => engine.find("app-job-1")?.status).toBe("exited");
    return { api, job };
  };

  it("are listed by label, status and name", async () => {
    await start();
    const names = async (...argv: string[]) =>
      (await docker("ps", "--format", "{{.Names}}", ...argv)).stdout.trim().split("\n");
    expect(await names()).toEqual(["app-api-1"]);
    expect(await names("--all")).toEqual(["app-job-1", "app-api-1"]);
    expect(await names("--filter", "status=exited")).toEqual(["app-job-1"]);
    expect(
      await names("--filter", "label=team=a", "--filter", "label=com.docker.compose.project=app"),
    ).toEqual(["app-api-1"]);
    expect(await names("-a", "--filter", "name=job")).toEqual(["app-job-1"]);
    expect((await docker("ps", "-q", "--no-trunc")).stdout).toMatch(/^[0-9a-f]{64}\n$/);
    expect((await docker("ps", "--filter", "network=x")).exitCode).toBe(125);
  });

  it("are inspected, and the missing ones reported", async () => {
    const { job } = await start();
    const all = await docker("inspect", "--type", "container", "app-job-1", "none");
    expect(all).toMatchObject({ exitCode: 1, stderr: "Error: No such container: none\n" });
    expect(JSON.parse(all.stdout)).toMatchObject([
      {
        Name: "/app-job-1",
        Config: {
          Image: job,
          Labels: { "com.docker.compose.service": "job", "com.docker.compose.oneoff": "False" },
        },
        State: { Status: "exited", Running: false, ExitCode: 4 },
        HostConfig: { RestartPolicy: { Name: "no" } },
        RestartCount: 0,
      },
    ]);
    expect((await docker("inspect")).stderr).toContain("requires at least 1 argument");
  });

  it("keep their logs, each stream on its own", async () => {
    await start();
    expect(await docker("logs", "app-api-1")).toEqual({ stdout: "hello\n", stderr: "", exitCode: 0 });
    expect(await docker("logs", "--tail", "1", "app-job-1")).toEqual({
      stdout: "",
      stderr: "failed\n",
      exitCode: 0,
    });
    expect((await docker("logs", "--timestamps", "app-api-1")).stdout).toMatch(/^\d{4}-.*Z hello\n$/);
    expect((await docker("logs", "none")).exitCode).toBe(1);
    expect((await docker("compose", "logs", "--no-color", "api")).stdout).toBe("api-1  | hello\n");
  });

  it("are stopped, started, killed and removed", async () => {
    await start();
    const state = () => engine.find("app-api-1")?.status;
    expect(await docker("stop", "app-api-1", "none")).toMatchObject({ exitCode: 1, stdout: "app-api-1\n" });
    expect(state()).toBe("exited");
    expect((await docker("kill", "app-api-1")).exitCode).toBe(1);
    await docker("start", "app-api-1");
    expect(state()).toBe("running");
    expect((await docker("rm", "app-api-1")).stderr).toContain("container is running");
    await docker("kill", "app-api-1");
    expect(engine.find("app-api-1")?.exitCode).toBe(137);
    expect((await docker("rm", "app-api-1")).exitCode).toBe(0);
    expect(state()).toBeUndefined();
  });

  it("that have no description end with 127 and say why", async () => {
    const {
      config,
      layers: built,
      ...rest
    } = await buildImage({ behaviour: { service: "x", version: "1" } });
    const [base] = built;
    const bytes = Buffer.from(
      JSON.stringify({ rootfs: { type: "layers", diff_ids: [base?.diffId] }, config: {} }),
    );
    const { createHash } = await import("node:crypto");
    const sha256 = (content: Buffer) => `sha256:${createHash("sha256").update(content).digest("hex")}`;
    const other = { ...config, bytes, size: bytes.length, digest: sha256(bytes) };
    const descriptor = ({ mediaType, digest, size }: Omit<typeof other, "bytes">) => ({
      mediaType,
      digest,
      size,
    });
    const only = built.slice(0, 1);
    const manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: rest.mediaType,
        config: descriptor(other),
        layers: only.map(descriptor),
      }),
    );
    const digest = registry.push("team/bare", {
      ...rest,
      config: other,
      layers: only,
      manifest,
      manifestDigest: sha256(manifest),
    });
    await up({ bare: { image: `${registry.host}/team/bare@${digest}` } });
    await expect.poll(() => engine.find("app-bare-1")?.exitCode).toBe(127);
    expect((await docker("logs", "app-bare-1")).stderr).toContain("the image has no /app/service.json");
  });
});

describe("restarts", () => {
  it("follow the policy, counted and with pauses", async () => {
    const bad = await image("bad", { exit: { code: 1, afterMilliseconds: 0 } });
    await up({ bad: { image: bad, restart: "on-failure:2" } });
    const container = engine.find("app-bad-1");
    await expect.poll(() => container?.status).toBe("restarting");
    await expect.poll(() => container?.status).toBe("exited");
    expect(container?.restartCount).toBe(2);
  });

  it("end when the container is stopped", async () => {
    const bad = await image("bad", { exit: { code: 1, afterMilliseconds: 0 } });
    await up({ bad: { image: bad, restart: "always" } });
    await expect.poll(() => engine.find("app-bad-1")?.restartCount).toBeGreaterThan(0);
    await docker("stop", "app-bad-1");
    const count = engine.find("app-bad-1")?.restartCount;
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(engine.find("app-bad-1")).toMatchObject({ status: "exited", restartCount: count });
  });
});

describe("compose", () => {
  it("starts services when what they depend on is as they want it", async () => {
    const job = await image("job", { exit: { code: 0, afterMilliseconds: 100 } });
    const database = await image("database", { listen: 5432, startMilliseconds: 100 });
    const api = await image("api", { listen: 8080 });
    const healthcheck = { test: ["CMD", "pg_isready"], interval: "50ms", retries: 100 };
    const depends_on = {
      db: { condition: "service_healthy" },
      job: { condition: "service_completed_successfully" },
    };
    const services = {
      api: { image: api, depends_on },
      db: { image: database, healthcheck },
      job: { image: job },
    };
    expect(await up(services, "--wait")).toMatchObject({ exitCode: 0 });
    const [one, two] = [engine.find("app-api-1"), engine.find("app-job-1")];
    expect(Date.parse(one?.startedAt ?? "")).toBeGreaterThanOrEqual(Date.parse(two?.finishedAt ?? ""));
  });

  it("fails when what a service depends on fails", async () => {
    const job = await image("job", { exit: { code: 3, afterMilliseconds: 0 } });
    const api = await image("api", { listen: 8080 });
    const depends_on = { job: { condition: "service_completed_successfully" } };
    const ran = await up({ api: { image: api, depends_on }, job: { image: job } }, "--wait");
    expect(ran).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("didn't complete successfully: exit 3"),
    });
    expect(engine.find("app-api-1")?.status).toBe("created");
  });

  it("fails when a container that is waited for ends", async () => {
    const bad = await image("bad", { exit: { code: 5, afterMilliseconds: 20 } });
    const healthcheck = { test: ["CMD", "pg_isready"], interval: "10s" };
    const ran = await up({ bad: { image: bad, healthcheck } }, "--wait", "--wait-timeout", "5");
    expect(ran).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("container app-bad-1 exited (5)"),
    });
  });

  it("keeps the port closed between the old container and the new one, and frees it", async () => {
    const port = await freePort();
    const api = await image("api", { listen: 8080 });
    const get = (path: string) =>
      fetch(`http://${address}:${port}${path}`, { headers: { connection: "close" } });
    const service = (A: string) => ({ api: { image: api, ports: [`${port}:8080`], environment: { A } } });
    await up(service("1"));
    await expect
      .poll(() =>
        get("/healthz")
          .then(({ status }) => status)
          .catch(() => 0),
      )
      .toBe(200);
    let refused = 0;
    const asking = setInterval(() => void get("/healthz").catch(() => (refused += 1)), 2);
    await up(service("2"));
    clearInterval(asking);
    expect(refused).toBeGreaterThan(0);
    await docker("compose", "down");
    await expect(get("/")).rejects.toThrow("fetch failed");
  });

  it("does not publish a port that something else has, nor on an address that the host has not", async () => {
    const api = await image("api", { listen: 8080 });
    const squatter = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => squatter.listen({ host: address, port }, resolve));
    const taken = await up({ api: { image: api, ports: [`${port}:8080`] } });
    squatter.close();
    expect(taken).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("port is already allocated"),
    });
    expect(engine.find("app-api-1")).toMatchObject({ status: "created", exitCode: 128 });
    const foreign = await up({ api: { image: api, ports: [`198.51.100.7:${port}:8080`] } });
    expect(foreign.stderr).toContain("cannot assign requested address");
    const inside = await up({ api: { image: api, ports: [`10.0.0.5:${port}:8080`] } });
    expect(inside.exitCode).toBe(0);
  });

  it("lists, restarts and removes", async () => {
    const api = await image("api", { listen: 8080 });
    await up({ api: { image: api } });
    const [line] = (await docker("compose", "ps", "--format", "json")).stdout.split("\n");
    expect(JSON.parse(line ?? "")).toMatchObject({ Service: "api", State: "running", Name: "app-api-1" });
    await docker("compose", "stop");
    expect((await docker("compose", "ps", "--quiet")).stdout).toBe("");
    expect((await docker("compose", "ps", "--all")).stdout).toContain("Exited (0)");
    await docker("compose", "restart", "api");
    expect(engine.find("app-api-1")?.status).toBe("running");
    expect((await docker("compose", "kill")).exitCode).toBe(0);
    expect((await docker("compose", "rm", "--force")).exitCode).toBe(0);
    expect(engine.containers()).toEqual([]);
  });

  it("leaves what profiles hide when it goes down, and warns of orphans", async () => {
    const api = await image("api", { listen: 8080 });
    const services = { api: { image: api }, tool: { image: api, profiles: ["tools"] } };
    await up(services, "api", "tool");
    expect((await docker("compose", "down")).stderr).toContain("Resource is still in use");
    expect(engine.containers().map(({ spec }) => spec.name)).toEqual(["app-tool-1"]);
    const warned = await up({ api: { image: api } });
    expect(warned.stderr).toContain("Found orphan containers ([app-tool-1])");
    await up({ api: { image: api } }, "--remove-orphans");
    expect(engine.containers().map(({ spec }) => spec.name)).toEqual(["app-api-1"]);
  });

  it("shows the project", async () => {
    const shown = await compose({ api: { image: "a:1" }, web: { image: "b:1" } }, "config", "--services");
    expect(shown.stdout).toBe("api\nweb\n");
    expect((await docker("compose", "config", "--images")).stdout).toBe("a:1\nb:1\n");
    expect(JSON.parse((await docker("compose", "config", "--format", "json")).stdout)).toMatchObject({
      name: "app",
    });
  });

  it("does not fetch when told not to, and says when it cannot", async () => {
    const api = await image("api");
    const never = await up({ api: { image: api } }, "--pull", "never");
    expect(never).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(`No such image: ${api}`) });
    const missing = await compose({ api: { image: `${registry.host}/team/none:1` } }, "pull", "--quiet");
    expect(missing.exitCode).toBe(18);
  });

  it("runs a service once and ends as it does", async () => {
    const job = await image("job", {
      log: ["to $WHOM"],
      exit: { code: 7, afterMilliseconds: 0, log: ["no"] },
    });
    const services = { job: { image: job, environment: ["WHOM=me"], profiles: ["job"] } };
    const ran = await compose(services, "run", "--rm", "--no-TTY", "--no-deps", "job");
    expect(ran).toMatchObject({ stdout: "to me\n", stderr: expect.stringMatching(/no\n$/), exitCode: 7 });
    expect(engine.containers()).toEqual([]);
    expect((await docker("compose", "run", "job", "sh")).stderr).toContain("does not support");
  });
});

describe("containers of no project", () => {
  const database = (name: string) =>
    image(name, { service: "postgres", listen: 5432, database: "/data", startMilliseconds: 0 });

  it("have the programs of a database, where their image has one, and its own data", async () => {
    const reference = await database("postgres");
    await docker("pull", reference);
    const settings = ["--network", "none", "--env", "POSTGRES_USER=shop", "--env", "POSTGRES_DB=shop"];
    const run = await docker("run", "--detach", "--label", "of=test", ...settings, reference);
    const id = run.stdout.trim();
    const as = ["--username", "shop", "--dbname", "shop"];
    await expect.poll(async () => (await docker("exec", id, "pg_isready", ...as)).exitCode).toBe(0);
    expect((await docker("exec", id, "psql", ...as, "--command", "create table a (b int)")).exitCode).toBe(0);
    const dump = await docker("exec", id, "pg_dump", ...as, "--format", "custom");
    expect(dump.stdout).toContain("table a 0");
    expect(engine.volumes.has(id)).toBe(true);
    expect((await docker("ps", "--quiet", "--no-trunc", "--filter", "label=of=test")).stdout).toBe(
      run.stdout,
    );
    expect((await docker("exec", id, "sh")).exitCode).toBe(127);
    await docker("stop", id);
    expect((await docker("exec", id, "psql", ...as)).stderr).toContain("is not running");
    await docker("rm", "--force", "--volumes", id);
    expect(engine.volumes.has(id)).toBe(false);
  });

  it("have no program where their image has no database", async () => {
    const reference = await image("web", { listen: 8080 });
    await docker("pull", reference);
    const { stdout } = await docker("run", "--detach", "--network", "none", reference);
    expect((await docker("exec", stdout.trim(), "psql")).exitCode).toBe(127);
  });

  it("are found by their volume, which is kept", async () => {
    const reference = await database("kept");
    await docker("pull", reference);
    const made = await docker("create", "--network", "none", "--volume", "things:/things:ro", reference);
    expect((await docker("ps", "--all", "--quiet", "--no-trunc", "--filter", "volume=things")).stdout).toBe(
      made.stdout,
    );
    await docker("rm", "--volumes", made.stdout.trim());
    expect(engine.volumes.has("things")).toBe(true);
    engine.volumes.delete("things");
  });
});

describe("everything else", () => {
  it.each([
    [["build", "."], "`docker build`"],
    [["exec", "--tty", "x", "sh"], "the flag --tty of `docker exec`"],
    [["run", "--network", "none", "x"], "`docker run` without --detach"],
    [["create", "x"], "`docker create` without --network none"],
    [["cp", "x", "y"], "`docker cp` but from or to standard input and output"],
    [["compose", "exec", "x", "sh"], "`docker compose exec`"],
    [["compose", "up"], "without --detach"],
    [["ps", "--size"], "the flag --size of `docker ps`"],
    [["image", "prune"], "`docker image prune`"],
  ])("is refused: %j", async (argv, what) => {
    const ran = await (argv[0] === "compose"
      ? compose({ a: { image: "a" } }, ...argv.slice(1))
      : docker(...argv));
    expect(ran.exitCode).not.toBe(0);
    expect(ran.stderr).toContain("the simulated host's docker does not support");
    expect(ran.stderr).toContain(what);
  });

  it("says which version it is", async () => {
    expect((await docker("version", "--format", "{{.Server.Version}}")).stdout).toContain("-simulated");
    expect((await docker("compose", "version")).stdout).toContain("-simulated");
    expect((await docker("info", "--format", "{{.Images}}")).stdout).toBe("0\n");
  });
});
