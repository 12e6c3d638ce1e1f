import { describe, expect, test } from "vitest";
import { buildImage } from "../../rehearsal/images/image.ts";
import { buildIndex } from "../../rehearsal/images/image-index.ts";
import { verifyImages } from "../../src/registry/images.ts";
import { auth, imageOf, pushStaging, single, startScene } from "./scene.ts";

const repository = "example/shop-staging/api";

async function withImage() {
  const scene = await startScene();
  const image = await imageOf("api");
  const release = single(scene, scene.registry.push(repository, image));
  const bytes = [image.config, ...image.layers].reduce((sum, { size }) => sum + size, 0);
  return { scene, image, release, bytes };
}

describe("verifyImages", () => {
  test("proves a whole release, and says how large it is", async () => {
    const scene = await startScene();
    const release = await pushStaging(scene);
    const sizes = await verifyImages(release, scene.registries());
    expect(Object.keys(sizes)).toEqual(Object.keys(release.images));
    for (const [service, { digest, bytes }] of Object.entries(sizes)) {
      expect(release.images[service]).toMatch(new RegExp(`@${digest}$`));
      expect(bytes).toBeGreaterThan(0);
    }
  });

  test("works with the credentials of one registry too", async () => {
    const { scene, release, bytes } = await withImage();
    const credentials = { server: scene.registry.host, username: auth.username, token: auth.password };
    expect((await verifyImages(release, credentials)).api?.bytes).toBe(bytes);
  });

  test("finds a manifest missing", async () => {
    const { scene } = await withImage();
    const release = single(scene, `sha256:${"0".repeat(64)}`);
    await expect(verifyImages(release, scene.registries())).rejects.toMatchObject({ code: "ImageMissing" });
  });

  test.each([
    ["the configuration", 0],
    ["a layer", 2],
  ])("finds %s missing", async (_, which) => {
    const { scene, image, release } = await withImage();
    const digest = [image.config, ...image.layers][which]?.digest ?? "";
    expect(scene.registry.store.removeBlob(repository, digest)).toBe(true);
    await expect(verifyImages(release, scene.registries())).rejects.toMatchObject({ code: "ImageCorrupted" });
  });

  test("finds a blob of another size", async () => {
    const { scene, release } = await withImage();
    scene.fail("HEAD .*/blobs/", { kind: "lie", text: "short" });
    await expect(verifyImages(release, scene.registries())).rejects.toMatchObject({ code: "ImageCorrupted" });
  });

  test.each([
    ["other bytes", { kind: "lie", patch: { schemaVersion: 3 } }],
    ["no JSON", { kind: "lie", text: "{" }],
    ["400", { kind: "status", status: 400 }],
  ] as const)("finds a manifest with %s corrupted", async (_, action) => {
    const { scene, release } = await withImage();
    scene.fail("GET .*/manifests/", action, "always");
    await expect(verifyImages(release, scene.registries())).rejects.toMatchObject({ code: "ImageCorrupted" });
  });

  test.each([
    ["neither image nor index", { schemaVersion: 2 }],
    ["an image and an index in one", { schemaVersion: 2, config: {}, layers: [], manifests: [] }],
    ["a digest that is none", { schemaVersion: 2, config: { digest: "sha256:x", size: 1 }, layers: [] }],
    [
      "a negative size",
      { schemaVersion: 2, config: { digest: `sha256:${"a".repeat(64)}`, size: -1 }, layers: [] },
    ],
  ])("finds a manifest that is %s corrupted", async (_, value) => {
    const { scene } = await withImage();
    const content = {
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      bytes: Buffer.from(JSON.stringify(value)),
    };
    const { digest } = scene.registry.store.putManifest(repository, content);
    await expect(verifyImages(single(scene, digest), scene.registries())).rejects.toMatchObject({
      code: "ImageCorrupted",
    });
  });

  test("finds images too large from the limit on, before their layers are asked for", async () => {
    const { scene, release, bytes } = await withImage();
    const registries = scene.registries();
    await expect(verifyImages(release, registries, { sizeLimit: bytes })).rejects.toMatchObject({
      code: "ImageTooLarge",
    });
    expect(scene.registry.requests.count(/blobs/)).toBe(0);
    expect((await verifyImages(release, registries, { sizeLimit: bytes + 1 })).api?.bytes).toBe(bytes);
  });

  test("by default refuses a gigabyte", async () => {
    const { scene, image } = await withImage();
    const manifest = JSON.parse(image.manifest.toString()) as { layers: { size: number }[] };
    for (const layer of manifest.layers) layer.size = 500_000_000;
    const bytes = Buffer.from(JSON.stringify(manifest));
    const { digest } = scene.registry.store.putManifest(repository, { mediaType: image.mediaType, bytes });
    await expect(verifyImages(single(scene, digest), scene.registries())).rejects.toMatchObject({
      code: "ImageTooLarge",
    });
  });

  describe("of an index", () => {
    const behaviour = { service: "api", version: "1" };
    const arm = { os: "linux", architecture: "arm64" };

    async function withIndex() {
      const scene = await startScene();
      const images = await Promise.all([buildImage({ behaviour }), buildImage({ behaviour, platform: arm })]);
      const digest = scene.registry.push(repository, buildIndex(images));
      return { scene, release: single(scene, digest), images };
    }

    test("proves the platforms that the hosts need", async () => {
      const { scene, release, images } = await withIndex();
      scene.registry.store.removeBlob(repository, images[1].config.digest);
      await verifyImages(release, scene.registries());
      const both = { platforms: ["linux/amd64", "linux/arm64"] };
      await expect(verifyImages(release, scene.registries(), both)).rejects.toMatchObject({
        code: "ImageCorrupted",
      });
    });

    test.each(["linux/riscv64", "windows/amd64", "linux/arm64/v8"])("finds %s missing", async (platform) => {
      const { scene, release } = await withIndex();
      await expect(
        verifyImages(release, scene.registries(), { platforms: [platform] }),
      ).rejects.toMatchObject({ code: "ImageCorrupted" });
    });

    test("refuses an index within it", async () => {
      const { scene, release } = await withIndex();
      const inner = release.images.api?.split("@")[1] ?? "";
      const platform = { os: "linux", architecture: "amd64" };
      const outer = Buffer.from(
        JSON.stringify({ schemaVersion: 2, manifests: [{ digest: inner, size: 1, platform }] }),
      );
      const mediaType = "application/vnd.oci.image.index.v1+json";
      const { digest } = scene.registry.store.putManifest(repository, { mediaType, bytes: outer });
      await expect(verifyImages(single(scene, digest), scene.registries())).rejects.toMatchObject({
        code: "ImageCorrupted",
      });
    });
  });

  test("tells of the first bad service, in the order of services", async () => {
    const scene = await startScene();
    const release = await pushStaging(scene);
    scene.fail("GET .*shop-staging/web/manifests/", { kind: "status", status: 404 }, "always");
    scene.fail("GET .*shop-staging/scheduler/manifests/", { kind: "lie", text: "{" }, "always");
    await expect(verifyImages(release, scene.registries())).rejects.toMatchObject({ code: "ImageCorrupted" });
  });
});
