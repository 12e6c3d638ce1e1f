import { describe, expect, test } from "vitest";
import { joinRegistry } from "../../rehearsal/github/packages.ts";
import type { GitHubOptions } from "../../rehearsal/github/server.ts";
import { Store } from "../../rehearsal/registry/store.ts";
import { Packages } from "../../src/github/packages.ts";
import { scene } from "./scene.ts";

const api = { owner: "example", name: "shop/api" };

/** A GitHub whose package has so many versions, the last of them with tags. */
async function shelf(count: number, options: Partial<GitHubOptions> = {}) {
  const scenery = await scene(options);
  const store = new Store();
  const joined = joinRegistry(scenery.state, store);
  const digests = Array.from({ length: count }, (_, index) => {
    const bytes = Buffer.from(JSON.stringify({ index }));
    const { digest } = store.putManifest("example/shop/api", { mediaType: "application/json", bytes });
    joined.backdate("shop/api", digest, new Date(Date.UTC(2026, 0, 1) + index * 1000));
    return digest;
  });
  const last = digests.at(-1);
  if (last !== undefined)
    for (const tag of ["latest", "1.0.0"]) store.open("example/shop/api").tags.set(tag, last);
  return { ...scenery, store, digests, packages: new Packages(scenery.github) };
}

const asked = ({ requests }: { requests: { count(pattern: RegExp): number } }) => requests.count(/packages/);

describe("versions of a package", () => {
  test.each([
    [1, 1],
    [99, 1],
    [250, 3],
  ])("%i are listed with %i requests", async (count, requests) => {
    const scenery = await shelf(count);
    const versions = await scenery.packages.versions(api);
    expect(versions.map(({ digest }) => digest).sort()).toEqual([...scenery.digests].sort());
    expect(asked(scenery)).toBe(requests);
    expect(scenery.packages.requests).toEqual({ listing: requests + 1, deleting: 0 });
    expect(scenery.requests.unknown()).toEqual([]);
  });

  test("have their digest, tags and time", async () => {
    const { packages, digests } = await shelf(2);
    expect((await packages.versions(api))[0]).toEqual({
      id: expect.any(Number),
      digest: digests[1],
      tags: ["latest", "1.0.0"],
      created: new Date("2026-01-01T00:00:01Z"),
    });
  });

  test.each(["User", "Organization"] as const)("are found where a %s has them", async (ownerType) => {
    const { packages } = await shelf(3, { ownerType });
    expect(await packages.versions(api)).toHaveLength(3);
  });

  test("are none of a package that does not exist", async () => {
    const { packages } = await shelf(1);
    expect(await packages.versions({ ...api, name: "other" })).toEqual([]);
  });

  test("of another shape than documented are no answer", async () => {
    const { packages, faults } = await shelf(1);
    faults.add({
      part: "github",
      match: "GET .*/packages/",
      action: { kind: "lie", text: '[{"id": 1, "name": "x"}]' },
    });
    await expect(packages.versions(api)).rejects.toMatchObject({ code: "GitHubUnavailable" });
  });

  test("are waited for as a rate limit says", async () => {
    const scenery = await shelf(1);
    const limit = {
      kind: "status",
      status: 403,
      retryAfterSeconds: 1,
      body: { message: "secondary rate limit" },
    } as const;
    scenery.faults.add({ part: "github", match: "GET .*/packages/", action: limit });
    const begun = performance.now();
    expect(await scenery.packages.versions(api)).toHaveLength(1);
    expect(performance.now() - begun).toBeGreaterThan(950);
  });
});

describe("deleting a version", () => {
  test("takes it and its tags away, with one request", async () => {
    const { packages, store, digests, ...scenery } = await shelf(3);
    const versions = await packages.versions(api);
    const before = asked(scenery);
    const oldest = versions.find(({ digest }) => digest === digests[0]);
    expect(await packages.delete(api, oldest?.id ?? 0)).toBeUndefined();
    expect(asked(scenery) - before).toBe(1);
    expect(store.manifest("example/shop/api", digests[0] ?? "")).toBeUndefined();
    expect((await packages.versions(api)).map(({ digest }) => digest)).toEqual([digests[2], digests[1]]);
  });

  test("that is gone already is no failure", async () => {
    const { packages } = await shelf(3);
    expect(await packages.delete(api, 4711)).toBeUndefined();
  });

  test("that is the last with a tag is refused in GitHub's words", async () => {
    const { packages, store, digests } = await shelf(3);
    const [tagged] = await packages.versions(api);
    expect(await packages.delete(api, tagged?.id ?? 0)).toContain("last tagged version");
    expect(store.manifest("example/shop/api", digests[2] ?? "")).toBeDefined();
  });
});
