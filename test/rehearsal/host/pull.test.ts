/** Pulling from registries, good and bad. */
import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Machine } from "../../../rehearsal/host/machine/machine.ts";
import { buildImage } from "../../../rehearsal/images/image.ts";
import { buildIndex } from "../../../rehearsal/images/image-index.ts";
import { trafficOf } from "../../../rehearsal/registry/traffic.ts";
import { run } from "./ssh.ts";
import { freePort, startWorld, type World } from "./world.ts";

const behaviour = { service: "api", version: "1" };

describe("an open registry", () => {
  let world: World;
  let host: Machine;

  beforeAll(async () => {
    world = await startWorld();
    host = await world.boot("web-1");
  });
  afterAll(() => world.close());

  const pull = (reference: string) => run(world.target(host), `docker pull ${reference}`);

  it("gives images by tag, and moves the tag", async () => {
    const image = await buildImage({ behaviour });
    const digest = world.registry.push("team/api", image, ["v1"]);
    const name = `${world.registry.host}/team/api`;
    const ran = await pull(`${name}:v1`);
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining(`Digest: ${digest}`) });
    const shown = await run(world.target(host), `docker image inspect ${name}:v1`);
    expect(JSON.parse(shown.stdout)).toMatchObject([
      { Id: image.config.digest, RepoTags: [`${name}:v1`], RepoDigests: [`${name}@${digest}`] },
    ]);
    world.registry.push("team/api", await buildImage({ behaviour: { ...behaviour, version: "2" } }), ["v1"]);
    await pull(`${name}:v1`);
    const old = await run(
      world.target(host),
      `docker image inspect --format '{{json .RepoTags}}' ${name}@${digest}`,
    );
    expect(old.stdout).toBe("[]\n");
  });

  it("gives the image for linux/amd64 of an index, under the index's digest", async () => {
    const fitting = await buildImage({ behaviour: { ...behaviour, version: "3" } });
    const other = await buildImage({ behaviour, platform: { os: "linux", architecture: "arm64" } });
    const digest = world.registry.push("team/many", buildIndex([other, fitting]));
    const name = `${world.registry.host}/team/many@${digest}`;
    expect((await pull(name)).code).toBe(0);
    const shown = await run(
      world.target(host),
      `docker image inspect --format '{{.Id}} {{json .RepoDigests}}' ${name}`,
    );
    expect(shown.stdout).toBe(`${fitting.config.digest} ["${name}"]\n`);
  });

  it("gives another name to an image that is there: its manifest is asked for, and nothing else", async () => {
    const image = await buildImage({ behaviour: { ...behaviour, version: "4" } });
    const { registry } = world;
    const digest = registry.push("team/staging", image);
    registry.push("team/production", image);
    expect((await pull(`${registry.host}/team/staging@${digest}`)).code).toBe(0);
    registry.requests.clear();
    const name = `${registry.host}/team/production@${digest}`;
    expect((await pull(name)).code).toBe(0);
    const asked = trafficOf(registry.requests.all());
    expect(asked.map(({ kind, repository }) => [kind, repository])).toEqual([
      ["manifest", "team/production"],
    ]);
    expect(asked[0]?.request).toMatchObject({
      from: host.droplet.address,
      agent: expect.stringMatching(/^docker\//),
    });
    const shown = await run(
      world.target(host),
      `docker image inspect --format '{{.Id}} {{json .RepoDigests}}' ${name}`,
    );
    const names = [`${registry.host}/team/staging@${digest}`, name];
    expect(shown.stdout).toBe(`${image.config.digest} ${JSON.stringify(names)}\n`);
  });

  it("has nothing for this platform", async () => {
    const other = await buildImage({ behaviour, platform: { os: "linux", architecture: "arm64" } });
    const digest = world.registry.push("team/arm", buildIndex([other]));
    const ran = await pull(`${world.registry.host}/team/arm@${digest}`);
    expect(ran).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("no matching manifest for linux/amd64"),
    });
  });

  it("does not know the image", async () => {
    const ran = await pull(`${world.registry.host}/team/none:v1`);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/Error response from daemon: manifest for .*\/team\/none:v1 not found/);
  });

  it("answers with an error", async () => {
    world.registry.push("team/busy", await buildImage({ behaviour }), ["v1"]);
    world.faults.add({
      part: "registry",
      match: "GET /v2/team/busy/manifests",
      action: { kind: "status", status: 503 },
    });
    expect((await pull(`${world.registry.host}/team/busy:v1`)).code).toBe(1);
    expect((await pull(`${world.registry.host}/team/busy:v1`)).code).toBe(0);
  });

  it("is not there", async () => {
    const ran = await pull(`127.0.0.1:${await freePort()}/team/api:v1`);
    expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining("connect: connection refused") });
  });

  it("refuses what is no reference", async () => {
    expect((await pull("Not/A/Reference")).stderr).toContain("invalid reference format");
  });
});

describe("a registry that asks for credentials", () => {
  let world: World;
  let host: Machine;
  let reference: string;
  const credentials = { username: "robot", password: "secret" };

  beforeAll(async () => {
    world = await startWorld(credentials);
    host = await world.boot("web-1");
    const digest = world.registry.push("team/api", await buildImage({ behaviour }));
    reference = `${world.registry.host}/team/api@${digest}`;
  });
  afterAll(() => world.close());

  const withConfig = (auth: string) => {
    const config = JSON.stringify({
      auths: { [world.registry.host]: { auth: Buffer.from(auth).toString("base64") } },
    });
    return run(
      world.target(host),
      `mkdir -p c; cat >c/config.json; DOCKER_CONFIG=$PWD/c docker pull --quiet ${reference}`,
      config,
    );
  };

  it("refuses without them, and with wrong ones", async () => {
    const without = await run(world.target(host), `docker pull ${reference}`);
    expect(without.code).toBe(1);
    expect(without.stderr).toMatch(/unauthorized|denied/);
    expect((await withConfig("robot:wrong")).code).toBe(1);
  });

  it("gives the image with the right ones", async () => {
    expect(await withConfig("robot:secret")).toMatchObject({ code: 0, stdout: `${reference}\n` });
  });
});

describe("a registry that cannot be trusted", () => {
  let world: World;
  let host: Machine;
  let server: Server;
  let answer: (path: string) => Buffer | undefined;

  beforeAll(async () => {
    world = await startWorld();
    host = await world.boot("web-1");
    server = createServer((request, response) => {
      const body = answer(request.url ?? "");
      response.writeHead(body ? 200 : 404).end(body);
    });
    await new Promise<void>((resolve) => server.listen({ host: "127.0.0.1", port: 0 }, resolve));
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await world.close();
  });

  it.each(["config", "layer", "manifest"])("sends another %s: nothing is stored", async (what) => {
    const image = await buildImage({ behaviour });
    const honest = new Map([
      [image.manifestDigest, image.manifest],
      [image.config.digest, image.config.bytes],
      ...image.layers.map(({ digest, bytes }) => [digest, bytes] as const),
    ]);
    const victims = {
      config: image.config.digest,
      layer: image.layers[1]?.digest,
      manifest: image.manifestDigest,
    };
    const victim = victims[what as keyof typeof victims];
    answer = (path) => {
      const digest = path.split("/").at(-1) ?? "";
      const bytes = honest.get(digest);
      return digest === victim && bytes ? Buffer.from(bytes).fill(0x20, 0, 1) : bytes;
    };
    const address = server.address();
    const port = typeof address === "object" && address ? address.port : 0;
    const ran = await run(
      world.target(host),
      `docker pull 127.0.0.1:${port}/team/api@${image.manifestDigest}`,
    );
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain("verification failed");
    expect(host.engine.images.all()).toEqual([]);
  });
});
