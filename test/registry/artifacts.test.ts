import { describe, expect, test } from "vitest";
import { RepositoryArtifacts } from "../../src/registry/artifacts.ts";
import type { ArtifactSource } from "../../src/trust/source.ts";
import { asked, descriptorOf, imageOf, pushIndex, pushReferrer, type Scene, startScene } from "./scene.ts";

const name = "example/shop/api";
const artifactsOf = (scene: Scene): ArtifactSource =>
  new RepositoryArtifacts(scene.registries().repository(scene.registry.host, name));

async function withSignature(options: Parameters<typeof startScene>[0] = {}) {
  const scene = await startScene(options);
  const image = await imageOf("api");
  const digest = scene.registry.push(name, image, ["1.0.0"]);
  const tag = `${digest.replace(":", "-")}.sig`;
  const signature = pushReferrer(scene, name, descriptorOf(image), "signature", [tag]);
  return { scene, image, digest, signature, tag };
}

describe("a manifest", () => {
  test("is there by digest, by tag and by cosign's tag", async () => {
    const { scene, image, digest, signature, tag } = await withSignature();
    const artifacts = artifactsOf(scene);
    for (const reference of [digest, "1.0.0"])
      expect(await artifacts.manifest(reference)).toEqual({
        digest,
        mediaType: image.mediaType,
        bytes: image.manifest,
      });
    expect((await artifacts.manifest(tag))?.digest).toBe(signature);
  });

  test("that is not there is undefined, and tags that are not in the list are not asked for", async () => {
    const { scene, digest } = await withSignature();
    const artifacts = artifactsOf(scene);
    const absent = digest.replace(":", "-");
    for (const tag of [`${absent}.att`, `${absent}.sbom`, absent])
      expect(await artifacts.manifest(tag)).toBeUndefined();
    expect(await artifacts.manifest(`sha256:${"0".repeat(64)}`)).toBeUndefined();
    expect(asked(scene, /manifests\//)).toHaveLength(1);
    expect(asked(scene, /tags\/list/)).toHaveLength(1);
  });

  test("is asked for by its tag when the list of tags is not whole", async () => {
    const { scene, tag, signature } = await withSignature();
    scene.fail("GET .*/tags/list", { kind: "status", status: 404 }, "always");
    expect((await artifactsOf(scene).manifest(tag))?.digest).toBe(signature);
    expect(await artifactsOf(scene).manifest("absent")).toBeUndefined();
  });

  test.each([
    ["by digest", (digest: string) => digest],
    ["by tag", () => "1.0.0"],
  ])("with other bytes, %s, is corrupted", async (_, reference) => {
    const { scene, digest } = await withSignature();
    scene.fail("GET .*/manifests/", { kind: "lie", patch: { annotations: { x: "y" } } }, "always");
    await expect(artifactsOf(scene).manifest(reference(digest))).rejects.toMatchObject({
      code: "ImageCorrupted",
    });
  });

  test("that is too large is corrupted, and not read to its end", async () => {
    const { scene, digest } = await withSignature();
    scene.fail("GET .*/manifests/", { kind: "lie", text: "x".repeat(4 * 1024 * 1024 + 1) }, "always");
    await expect(artifactsOf(scene).manifest(digest)).rejects.toMatchObject({ code: "ImageCorrupted" });
  });
});

describe("a blob", () => {
  test("is read and checked", async () => {
    const { scene, image } = await withSignature();
    const artifacts = artifactsOf(scene);
    expect(await artifacts.blob(image.config, image.config.size)).toEqual(image.config.bytes);
  });

  test.each<[string, (size: number) => { size: number; limit: number; lie?: string }]>([
    ["its descriptor says more than the limit", (size) => ({ size: size + 1, limit: size })],
    ["it is larger than the limit, whatever its descriptor says", (size) => ({ size: 1, limit: size - 1 })],
    ["it is another", (size) => ({ size, limit: size, lie: "other" })],
  ])("is refused: %s", async (_, how) => {
    const { scene, image } = await withSignature();
    const { size, limit, lie } = how(image.config.size);
    if (lie !== undefined) scene.fail("GET .*/blobs/", { kind: "lie", text: lie });
    const read = artifactsOf(scene).blob({ digest: image.config.digest, size }, limit);
    await expect(read).rejects.toMatchObject({ code: "ImageCorrupted" });
  });

  test.each([`sha256:${"0".repeat(64)}`, "../../token", "sha256:../x"])("%s is not there", async (digest) => {
    const { scene } = await withSignature();
    await expect(artifactsOf(scene).blob({ digest, size: 1 }, 10)).rejects.toMatchObject({
      code: "ImageCorrupted",
    });
  });
});

describe("referrers", () => {
  test("by the API", async () => {
    const { scene, digest, signature } = await withSignature({ referrers: true });
    const [only, ...rest] = await artifactsOf(scene).referrers(digest);
    expect(rest).toEqual([]);
    expect(only).toMatchObject({ digest: signature, artifactType: "application/vnd.example.report+json" });
  });

  test("by the fallback tag; that there is no API is found out once", async () => {
    const { scene, digest, signature } = await withSignature();
    pushIndex(scene, name, digest.replace(":", "-"), [signature]);
    const artifacts = artifactsOf(scene);
    expect((await artifacts.referrers(digest)).map((r) => r.digest)).toEqual([signature]);
    expect(await artifacts.referrers(signature)).toEqual([]);
    expect(asked(scene, /referrers/)).toHaveLength(1);
  });

  test("none of what is no digest", async () => {
    const { scene } = await withSignature();
    expect(await artifactsOf(scene).referrers("1.0.0")).toEqual([]);
    expect(asked(scene)).toEqual([]);
  });

  test.each(['{"layers":[],"config":{}}', "no JSON", '{"manifests":[{"digest":"sha256:short","size":1}]}'])(
    "an answer that is no index (%s) is corrupted",
    async (text) => {
      const { scene, digest } = await withSignature({ referrers: true });
      scene.fail("GET .*/referrers/", { kind: "lie", text });
      await expect(artifactsOf(scene).referrers(digest)).rejects.toMatchObject({ code: "ImageCorrupted" });
    },
  );
});

describe("the list of tags", () => {
  const many = (count: number) => Array.from({ length: count }, (_, n) => `v${String(n).padStart(5, "0")}`);

  async function withTags(count: number) {
    const made = await withSignature();
    const { tags } = made.scene.registry.store.open(name);
    for (const tag of many(count)) tags.set(tag, made.digest);
    return made;
  }

  test("is read page by page, and what it lacks is not asked for", async () => {
    const { scene, tag, signature } = await withTags(2_500);
    const artifacts = artifactsOf(scene);
    expect((await artifacts.manifest(tag))?.digest).toBe(signature);
    expect(await artifacts.manifest("absent")).toBeUndefined();
    expect(asked(scene, /tags\/list/)).toHaveLength(3);
    expect(asked(scene, /manifests\//)).toHaveLength(1);
  });

  test("that does not end is given up: tags are asked for", async () => {
    const { scene, tag, signature } = await withTags(6_000);
    const artifacts = artifactsOf(scene);
    expect((await artifacts.manifest(tag))?.digest).toBe(signature);
    expect(await artifacts.manifest("absent")).toBeUndefined();
    expect(asked(scene, /tags\/list/)).toHaveLength(5);
    expect(asked(scene, /manifests\/absent/)).toHaveLength(1);
  });

  test("is empty where the registry says null", async () => {
    const { scene } = await withSignature();
    scene.fail("GET .*/tags/list", { kind: "lie", text: '{"name":"x","tags":null}' });
    expect(await artifactsOf(scene).manifest("absent")).toBeUndefined();
    expect(asked(scene, /manifests/)).toEqual([]);
  });

  test("of a repository that was never pushed to is empty", async () => {
    const { scene } = await withSignature();
    const repository = scene.registries().repository(scene.registry.host, "example/shop/new");
    expect(await repository.tagged("main")).toBeUndefined();
    expect(asked(scene, /manifests/)).toEqual([]);
  });

  test.each(["http://registry.example.com/v2/x/tags/list", "/v2/example/other/tags/list?n=1", "", "::"])(
    "does not go on at %j",
    async (next) => {
      const { scene } = await withSignature();
      const link = `<${next}>; rel="next"`;
      scene.fail("GET .*tags/list", { kind: "lie", headers: { link } }, "always");
      scene.registry.requests.clear();
      expect(await artifactsOf(scene).manifest("absent")).toBeUndefined();
      expect(asked(scene, /tags\/list/)).toHaveLength(1);
      // Not known to be whole: the tag itself is asked for.
      expect(asked(scene).at(-1)).toMatch(/manifests\/absent$/);
    },
  );
});
