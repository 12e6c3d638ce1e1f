import { describe, expect, test } from "vitest";
import { applyTags, moveTag, readTag, restoreTags, versionTag } from "../../src/registry/tags.ts";
import { referencesOf } from "../../src/release/release.ts";
import { imageOf, pushStaging, releaseOf, type Scene, services, startScene } from "./scene.ts";

const repository = "example/shop/api";

async function withTwo() {
  const scene = await startScene();
  const push = async (version: string, tags: string[]) =>
    scene.registry.push(repository, await imageOf("api", version), tags);
  const [old, fresh] = [await push("1.0.0", ["main"]), await push("1.1.0", [])];
  const options = { registries: scene.registries() };
  const image = referencesOf(
    releaseOf("1.1.0", { api: `${scene.registry.host}/${repository}@${fresh}` }),
  ).api;
  if (!image) throw new TypeError("no image");
  return { scene, old, fresh, options, image };
}

const tagsOf = (scene: Scene, name = repository) => scene.registry.store.repositories.get(name)?.tags;

describe("moveTag", () => {
  test("points a tag at the same manifest and remembers where it pointed", async () => {
    const { scene, old, fresh, options, image } = await withTwo();
    const move = await moveTag(image, "main", options);
    expect(move).toEqual({ registry: scene.registry.host, repository, tag: "main", from: old, to: fresh });
    expect(tagsOf(scene)?.get("main")).toBe(fresh);
    expect(await readTag(image, "main", options)).toBe(fresh);
    expect(await restoreTags([move], options)).toEqual([]);
    expect(tagsOf(scene)?.get("main")).toBe(old);
  });

  test("sets a tag that was not there", async () => {
    const { scene, fresh, options, image } = await withTwo();
    expect(await readTag(image, "1.1.0", options)).toBeUndefined();
    const move = await moveTag(image, "1.1.0", options);
    expect(move).not.toHaveProperty("from");
    expect(tagsOf(scene)?.get("1.1.0")).toBe(fresh);
    // There is nothing to move it back to, and that is said.
    expect(await restoreTags([move], options)).toMatchObject([{ move }]);
  });

  test("leaves a tag alone that is right", async () => {
    const { scene, options, image } = await withTwo();
    await moveTag(image, "main", options);
    scene.registry.requests.clear();
    await moveTag(image, "main", options);
    expect(scene.registry.requests.count(/^PUT/)).toBe(0);
  });

  test.each(["", "a/b", "../x", "-x", "x".repeat(129), "a b"])("refuses the tag %j", async (tag) => {
    const { scene, options, image } = await withTwo();
    await expect(moveTag(image, tag, options)).rejects.toMatchObject({ code: "RegistryUpdateFailed" });
    expect(scene.registry.requests.all()).toEqual([]);
  });

  test.each([
    ["refuses it", { kind: "status", status: 403 }, "user"],
    ["does not take the manifest", { kind: "status", status: 400 }, "environment"],
    ["keeps failing", { kind: "status", status: 503 }, "environment"],
    ["keeps closing the connection", { kind: "refuse" }, "environment"],
  ] as const)("fails when the registry %s", async (_, action, fault) => {
    const { scene, old, options, image } = await withTwo();
    scene.fail("PUT .*/manifests/main", action, "always");
    await expect(moveTag(image, "main", options)).rejects.toMatchObject({
      code: "RegistryUpdateFailed",
      fault,
    });
    expect(tagsOf(scene)?.get("main")).toBe(old);
  });

  test("fails for a digest that is not in the repository", async () => {
    const { options, image } = await withTwo();
    const absent = { ...image, digest: `sha256:${"0".repeat(64)}` as typeof image.digest };
    await expect(moveTag(absent, "main", options)).rejects.toMatchObject({ code: "RegistryUpdateFailed" });
  });

  test("survives an answer that is lost", async () => {
    const { scene, fresh, options, image } = await withTwo();
    scene.fail("PUT .*/manifests/main", { kind: "drop" });
    await moveTag(image, "main", options);
    expect(tagsOf(scene)?.get("main")).toBe(fresh);
  });
});

describe("applyTags", () => {
  test("sets every tag on every image, and latest only when it is asked for", async () => {
    const scene = await startScene();
    const release = await pushStaging(scene, "1.6.1");
    const moves = await applyTags(release, ["main", versionTag(release)], { registries: scene.registries() });
    expect(moves).toHaveLength(2 * services.length);
    for (const { repository: name, digest } of Object.values(referencesOf(release))) {
      const tags = tagsOf(scene, name);
      expect([tags?.get("main"), tags?.get("1.6.1")]).toEqual([digest, digest]);
      expect(tags?.has("latest")).toBe(false);
    }
  });

  test("moves back what it has moved when one fails", async () => {
    const scene = await startScene();
    const registries = scene.registries();
    const before = await pushStaging(scene, "1.0.0");
    await applyTags(before, ["main"], { registries });
    const after = await pushStaging(scene, "1.1.0");
    scene.fail("PUT .*/web/manifests/main", { kind: "status", status: 503 }, "always");
    await expect(applyTags(after, ["main"], { registries })).rejects.toMatchObject({
      code: "RegistryUpdateFailed",
    });
    for (const { repository: name, digest } of Object.values(referencesOf(before)))
      expect(tagsOf(scene, name)?.get("main")).toBe(digest);
  });

  test("a version with build metadata becomes a tag", () => {
    expect(versionTag(releaseOf("1.2.3+build.7", {}))).toBe("1.2.3_build.7");
  });
});
