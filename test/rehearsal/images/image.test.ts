import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { digestOf } from "../../../rehearsal/images/digest.ts";
import { type BuildOptions, buildImage } from "../../../rehearsal/images/image.ts";
import { buildIndex } from "../../../rehearsal/images/image-index.ts";
import { filesOf } from "./unpack.ts";

const options: BuildOptions = {
  behaviour: { service: "api", version: "1.0.0", listen: 8080 },
  files: { "index.html": "<h1>hello</h1>", "assets/a.txt": "a" },
  labels: { "org.opencontainers.image.version": "1.0.0" },
  environment: { COLOUR: "green" },
  createdAt: "2026-01-02T03:04:05Z",
};

const json = (bytes: Buffer) => JSON.parse(bytes.toString());

describe("buildImage", () => {
  test("gives the same digest for the same options", async () => {
    const [one, other] = await Promise.all([buildImage(options), buildImage(structuredClone(options))]);
    expect(other.manifestDigest).toBe(one.manifestDigest);
  });

  test.each<[string, Partial<BuildOptions>]>([
    ["behaviour", { behaviour: { service: "api", version: "1.0.1", listen: 8080 } }],
    ["files", { files: { "index.html": "<h1>bye</h1>" } }],
    ["labels", { labels: { "org.opencontainers.image.version": "1.0.1" } }],
    ["environment", { environment: { COLOUR: "blue" } }],
    ["platform", { platform: { os: "linux", architecture: "arm64" } }],
    ["time", { createdAt: "2026-01-02T03:04:06Z" }],
  ])("gives another digest for another %s", async (_, change) => {
    const [one, other] = await Promise.all([buildImage(options), buildImage({ ...options, ...change })]);
    expect(other.manifestDigest).not.toBe(one.manifestDigest);
  });

  test("every digest and size in manifest and configuration is that of the content", async () => {
    const image = await buildImage(options);
    expect(digestOf(image.manifest)).toBe(image.manifestDigest);
    const manifest = json(image.manifest);
    expect(manifest.mediaType).toBe("application/vnd.oci.image.manifest.v1+json");
    const described = [image.config, ...image.layers].map(({ mediaType, bytes }) => {
      return { mediaType, digest: digestOf(bytes), size: bytes.length };
    });
    expect([manifest.config, ...manifest.layers]).toEqual(described);
    const unpacked = image.layers.map(({ bytes }) => digestOf(gunzipSync(bytes)));
    expect(json(image.config.bytes).rootfs).toEqual({ type: "layers", diff_ids: unpacked });
  });

  test("the configuration says how to run it and how to ask for its health", async () => {
    const config = json((await buildImage(options)).config.bytes);
    expect(config).toMatchObject({ os: "linux", architecture: "amd64", created: "2026-01-02T03:04:05Z" });
    expect(config.config).toMatchObject({
      Entrypoint: ["/app/serve"],
      ExposedPorts: { "8080/tcp": {} },
      Labels: { "org.opencontainers.image.version": "1.0.0" },
      Healthcheck: {
        Test: ["CMD", "/app/serve", "--health"],
        Interval: 5_000_000_000,
        Timeout: 2_000_000_000,
        Retries: 3,
        StartPeriod: 20_000_000_000,
        StartInterval: 200_000_000,
      },
    });
    expect(config.config.Env).toContain("COLOUR=green");
  });

  test("a job has neither port nor health check", async () => {
    const image = await buildImage({ behaviour: { service: "migrator", version: "1", exit: { code: 0 } } });
    const { config } = json(image.config.bytes);
    expect(config).not.toHaveProperty("Healthcheck");
    expect(config).not.toHaveProperty("ExposedPorts");
    expect(image.layers).toHaveLength(2);
  });

  test("holds the behaviour, the static files, and a program to run", async () => {
    const files = await filesOf(await buildImage(options));
    expect([...files.keys()].toSorted()).toEqual([
      "app/serve",
      "app/service.json",
      "app/www/assets/a.txt",
      "app/www/index.html",
      "etc/os-release",
    ]);
    expect(json(Buffer.from(files.get("app/service.json")?.content ?? ""))).toMatchObject({
      service: "api",
      startMilliseconds: 30,
    });
    expect(files.get("app/serve")?.header.mode).toBe(0o755);
  });

  test("busybox goes into the base layer when it is given", async () => {
    const image = await buildImage({ ...options, busybox: Buffer.from("an executable") });
    const busybox = (await filesOf(image)).get("bin/busybox");
    expect(busybox).toMatchObject({ content: "an executable", header: { mode: 0o755 } });
  });

  test("refuses a behaviour that is none", async () => {
    const behaviour = { service: "api", version: "1", listne: 8080 };
    await expect(buildImage({ behaviour })).rejects.toThrow("listne");
  });
});

test("an index describes an image for each platform", async () => {
  const platforms = ["amd64", "arm64"].map((architecture) => ({ os: "linux", architecture }));
  const images = await Promise.all(platforms.map((platform) => buildImage({ ...options, platform })));
  const index = buildIndex(images);
  expect(digestOf(index.manifest)).toBe(index.manifestDigest);
  expect(json(index.manifest)).toEqual({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: images.map((image, position) => ({
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      digest: image.manifestDigest,
      size: image.manifest.length,
      platform: platforms[position],
    })),
  });
});
