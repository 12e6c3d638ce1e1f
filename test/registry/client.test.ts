import { describe, expect, test } from "vitest";
import { Breakers, breakerLimits } from "../../src/registry/breaker.ts";
import { stopWallClock } from "../wallClock.ts";
import { asked, auth, imageOf, nowhere, type Scene, startScene } from "./scene.ts";

const name = "example/shop/api";

async function withImage(options: Parameters<typeof startScene>[0] = {}) {
  const scene = await startScene(options);
  const digest = scene.registry.push(name, await imageOf("api"), ["1.0.0"]);
  const registries = scene.registries();
  const read = () => registries.repository(scene.registry.host, name).digestOf("1.0.0");
  return { scene, digest, registries, read };
}

const tokenRequests = ({ registry }: Scene) => registry.requests.count(/^GET \/token/);

describe("tokens", () => {
  test("are asked for once for each scope, by however many at once", async () => {
    const { scene, digest, registries, read } = await withImage();
    expect(await Promise.all(Array.from({ length: 8 }, read))).toEqual(Array(8).fill(digest));
    await read();
    expect(tokenRequests(scene)).toBe(1);
    expect(scene.registry.requests.count(/^GET \/v2\/$/)).toBe(1);
    const scopes = [
      { repository: name, actions: "pull,push" as const },
      { repository: "example/other", actions: "pull" as const },
    ];
    const repository = registries.repository(scene.registry.host, name, { scopes });
    await repository.digestOf("1.0.0");
    expect(tokenRequests(scene)).toBe(2);
    expect(
      scene.registry.requests.count(/scope=repository%3Aexample%2Fother%3Apull&scope=.*pull%2Cpush$/),
    ).toBe(1);
  });

  test("are renewed before they expire", async () => {
    const clock = stopWallClock();
    const { scene, digest, read } = await withImage({ tokenSeconds: 300 });
    await read();
    clock.pass(299_000);
    expect(await read()).toBe(digest);
    expect(tokenRequests(scene)).toBe(2);
    // No request was wasted on an expired token.
    expect(
      scene.registry.requests.all().filter(({ status, path }) => status === 401 && path !== "/v2/"),
    ).toEqual([]);
  });

  test("are renewed when the registry does not take them any more", async () => {
    const clock = stopWallClock();
    const { scene, digest, read } = await withImage({ tokenSeconds: 300 });
    // The registry says that it lasts an hour, and it does not.
    scene.fail("GET /token", { kind: "lie", patch: { expires_in: 3600 } });
    await read();
    clock.pass(300_001);
    expect(await read()).toBe(digest);
    expect(tokenRequests(scene)).toBe(2);
  });

  test("are not needed where everything is open", async () => {
    const { scene, digest, read } = await withImage({ auth: undefined });
    expect(await read()).toBe(digest);
    expect(tokenRequests(scene)).toBe(0);
  });

  test.each([503, 429])("a token endpoint that answers %i once is asked again", async (status) => {
    const { scene, digest, read } = await withImage();
    scene.fail("GET /token", { kind: "status", status });
    expect(await read()).toBe(digest);
    expect(tokenRequests(scene)).toBe(2);
  });

  test.each(["no JSON", "{}", '{"token":""}', '{"token":"x","expires_in":-1}'])(
    "an answer without one (%s) is a refusal",
    async (text) => {
      const { scene, read } = await withImage();
      scene.fail("GET /token", { kind: "lie", text }, "always");
      await expect(read()).rejects.toMatchObject({ code: "RegistryUnavailable", fault: "user" });
    },
  );
});

describe("what passes is tried again", () => {
  test.each([
    ["refused", { kind: "refuse" }],
    ["500", { kind: "status", status: 500 }],
    ["408", { kind: "status", status: 408 }],
    ["429", { kind: "status", status: 429 }],
  ] as const)("%s twice", async (_, action) => {
    const { scene, digest, read } = await withImage();
    scene.fail("HEAD .*/manifests/", action, 2);
    expect(await read()).toBe(digest);
    expect(asked(scene)).toHaveLength(3);
  });

  test("an answer that breaks off in the middle", async () => {
    const { scene, digest, registries } = await withImage();
    scene.fail("GET .*/manifests/", { kind: "drop" }, 2);
    const repository = registries.repository(scene.registry.host, name);
    expect((await repository.manifest(digest))?.digest).toBe(digest);
    expect(repository.requests).toBe(3);
  });

  test("not before the registry asks for it", async () => {
    const { scene, read } = await withImage();
    scene.fail("HEAD .*/manifests/", { kind: "status", status: 429, retryAfterSeconds: 1 });
    const started = performance.now();
    await read();
    expect(performance.now() - started).toBeGreaterThanOrEqual(990);
  });

  test("not when it asks for more than anybody wants to wait", async () => {
    const { scene, read } = await withImage();
    scene.fail("HEAD .*/manifests/", { kind: "status", status: 429, retryAfterSeconds: 3600 }, "always");
    await expect(read()).rejects.toMatchObject({ code: "RegistryUnavailable", fault: "environment" });
    expect(asked(scene)).toHaveLength(1);
  });

  test("three times at most", async () => {
    const { scene, read } = await withImage();
    scene.fail("HEAD .*/manifests/", { kind: "status", status: 503 }, "always");
    await expect(read()).rejects.toMatchObject({ code: "RegistryUnavailable", fault: "environment" });
    expect(asked(scene)).toHaveLength(3);
  });

  test("an answer that does not come in time", async () => {
    const { scene, digest } = await withImage();
    scene.fail("HEAD .*/manifests/", { kind: "delay", milliseconds: 20_000 });
    const repository = scene.registries({ timeout: 1_500 }).repository(scene.registry.host, name);
    expect(await repository.digestOf("1.0.0")).toBe(digest);
    expect(repository.requests).toBe(2);
  });
});

describe("refused access", () => {
  test.each([
    ["no credentials", { credentials: [] }],
    ["credentials of another registry", { credentials: [{ server: "ghcr.io", username: "u", token: "t" }] }],
  ])("with %s is told at once", async (_, options) => {
    const { scene } = await withImage();
    const repository = scene.registries(options).repository(scene.registry.host, name);
    const read = repository.digestOf("1.0.0");
    await expect(read).rejects.toMatchObject({ code: "RegistryUnavailable", fault: "user" });
    expect(tokenRequests(scene)).toBe(1);
  });

  test("never shows the token", async () => {
    const { scene, registries } = await withImage();
    scene.fail("/manifests/", { kind: "status", status: 403, message: auth.password }, "always");
    const failure: unknown = await registries
      .repository(scene.registry.host, name)
      .digestOf("1.0.0")
      .catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ code: "RegistryUnavailable", fault: "user" });
    expect(JSON.stringify(failure) + String(failure)).not.toContain(auth.password);
  });

  test("does not open the breaker", async () => {
    const { scene } = await withImage();
    const breakers = new Breakers();
    const registries = scene.registries({ credentials: [], breakers });
    for (let n = 0; n <= breakerLimits.failures; n++)
      await expect(registries.repository(scene.registry.host, name).digestOf("1.0.0")).rejects.toMatchObject({
        code: "RegistryUnavailable",
      });
    expect(breakers.states()[scene.registry.host]).toEqual({ state: "closed", failures: 0 });
  });
});

test("a registry that keeps failing is left alone, then tried, then used again", async () => {
  const { scene, digest } = await withImage();
  let now = Date.now();
  const breakers = new Breakers(() => now);
  const registries = scene.registries({ breakers });
  const read = () => registries.repository(scene.registry.host, name).digestOf("1.0.0");
  scene.fail("HEAD .*/manifests/", { kind: "status", status: 503, retryAfterSeconds: 60 }, "always");
  for (let n = 0; n < breakerLimits.failures; n++)
    await expect(read()).rejects.toMatchObject({ code: "RegistryUnavailable" });
  const { host } = scene.registry;
  expect(breakers.states()[host]?.state).toBe("open");
  const before = asked(scene).length;
  await expect(read()).rejects.toMatchObject({ code: "RegistryUnavailable" });
  expect(asked(scene)).toHaveLength(before);
  now += breakerLimits.rest;
  await expect(read()).rejects.toMatchObject({ code: "RegistryUnavailable" });
  expect(asked(scene)).toHaveLength(before + 1);
  expect(breakers.states()[host]?.state).toBe("open");
  now += breakerLimits.rest;
  scene.faults.clear();
  expect(await read()).toBe(digest);
  expect(breakers.states()[host]).toEqual({ state: "closed", failures: 0 });
});

describe("the signal", () => {
  test.each([
    ["a person", () => AbortSignal.abort(), "Interrupted"],
    ["a deadline", () => AbortSignal.timeout(100), "DeadlineExceeded"],
  ])("of %s ends waiting and trying", async (_, signal, code) => {
    const { scene, registries } = await withImage();
    scene.fail("HEAD .*/manifests/", { kind: "status", status: 503, retryAfterSeconds: 20 }, "always");
    const repository = registries.repository(scene.registry.host, name, { signal: signal() });
    const started = performance.now();
    await expect(repository.digestOf("1.0.0")).rejects.toMatchObject({ code });
    expect(performance.now() - started).toBeLessThan(15_000);
    expect(registries.breakers.states()[scene.registry.host]).toEqual({ state: "closed", failures: 0 });
  });
});

test("nobody answers: unavailable", async () => {
  const scene = await startScene();
  await scene.registry.close();
  const registries = scene.registries({ environment: nowhere });
  await expect(registries.repository(scene.registry.host, name).digestOf("1.0.0")).rejects.toMatchObject({
    code: "RegistryUnavailable",
    fault: "environment",
  });
});
