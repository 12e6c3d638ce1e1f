import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { DockerApi, engineSocket, isOlder } from "../../../../rehearsal/host/container/docker-api.ts";

/** Something that listens where an engine would. */
async function listen(version: string, answer: RequestListener = () => undefined): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "liftlock-engine-"));
  const socket = join(folder, "docker.sock");
  const server = createServer((request, response) => {
    if (request.url !== "/_ping") return answer(request, response);
    response.setHeader("api-version", version);
    response.end("OK");
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });
  return socket;
}

describe("the container engine", () => {
  test.each([
    ["1.41", "1.44", true],
    ["1.44", "1.44", false],
    ["1.9", "1.41", true],
    ["2.0", "1.44", false],
    ["", "1.41", true],
  ])("API %s is older than %s: %s", (a, b, expected) => expect(isOlder(a, b)).toBe(expected));

  test.each([
    ["1.41", "1.41"],
    ["1.47", "1.47"],
    ["1.99", "1.47"],
  ])("that offers %s is asked in %s", async (offered, used) => {
    expect((await DockerApi.connect(await listen(offered))).version).toBe(used);
  });

  test.each(["1.40", ""])("that offers %j is refused", async (offered) => {
    await expect(DockerApi.connect(await listen(offered))).rejects.toMatchObject({
      code: "EngineUnreachable",
    });
  });

  test("that is not there is said to be so", async () => {
    await expect(DockerApi.connect("/nowhere/docker.sock")).rejects.toMatchObject({
      code: "EngineUnreachable",
      hint: expect.stringContaining("docker") as string,
    });
  });

  test.each<[Record<string, string>, string]>([
    [{}, "/var/run/docker.sock"],
    [{ DOCKER_HOST: "" }, "/var/run/docker.sock"],
    [{ DOCKER_HOST: "unix:///run/user/0/docker.sock" }, "/run/user/0/docker.sock"],
  ])("is found: %j", (environment, socket) => expect(engineSocket(environment)).toBe(socket));

  test("that refuses is quoted; statuses that are answers are not refusals", async () => {
    const api = await DockerApi.connect(
      await listen("1.41", (_, response) => {
        response.statusCode = 404;
        response.end(JSON.stringify({ message: "no such container" }));
      }),
    );
    await expect(api.ask({ method: "POST", path: "/containers/a/start" })).rejects.toMatchObject({
      code: "EngineRefused",
      message: expect.stringContaining("no such container") as string,
    });
    expect(await api.ask({ method: "POST", path: "/containers/a/start", also: [404] })).toMatchObject({
      status: 404,
    });
  });

  test("that does not answer in time is not waited for", async () => {
    const api = await DockerApi.connect(await listen("1.41"));
    await expect(api.ask({ method: "GET", path: "/info", timeout: 50 })).rejects.toMatchObject({
      code: "EngineUnreachable",
    });
  });

  test("is sent JSON and answers in it", async () => {
    const api = await DockerApi.connect(
      await listen("1.41", (request, response) => void request.pipe(response)),
    );
    const echo = z.object({ a: z.number() });
    expect(await api.read(echo, { method: "POST", path: "/echo", json: { a: 1 } })).toEqual({ a: 1 });
  });
});
