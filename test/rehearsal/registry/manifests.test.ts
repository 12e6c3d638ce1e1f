import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { digestOf } from "../../../rehearsal/images/digest.ts";
import { buildImage } from "../../../rehearsal/images/image.ts";
import { buildIndex } from "../../../rehearsal/images/image-index.ts";
import { type Asked, codeOf, imageType, indexType, manifestOver, start, upload } from "./asking.ts";

const put = (registry: Asked, path: string, body: string, type = imageType) =>
  registry.ask("PUT", path, { body, headers: { "content-type": type } });

async function withManifest(tag: string) {
  const registry = await start();
  const config = await upload(registry, "a", "{}");
  const layer = await upload(registry, "a", "layer");
  const text = manifestOver(config, [layer]);
  const answer = await put(registry, `a/manifests/${tag}`, text);
  return { registry, config, layer, text, answer, digest: digestOf(Buffer.from(text)) };
}

describe("pushing a manifest", () => {
  test("under a tag makes it known by tag and digest, byte for byte", async () => {
    const { registry, answer, text, digest } = await withManifest("1.0");
    expect(answer.status).toBe(201);
    expect(answer.headers.get("docker-content-digest")).toBe(digest);
    for (const reference of ["1.0", digest]) {
      const got = await registry.ask("GET", `a/manifests/${reference}`, { headers: { accept: imageType } });
      expect(await got.text()).toBe(text);
      expect(got.headers.get("content-type")).toBe(imageType);
      const head = await registry.ask("HEAD", `a/manifests/${reference}`);
      expect(head.headers.get("docker-content-digest")).toBe(digest);
      expect(head.headers.get("content-length")).toBe(String(Buffer.byteLength(text)));
    }
    expect((await registry.ask("GET", `b/manifests/${digest}`)).status).toBe(404);
  });

  test("under a digest that is not its own is refused, and nothing is kept", async () => {
    const { registry, config } = await withManifest("1.0");
    const other = manifestOver(config, []);
    const wrong = digestOf(Buffer.from("something else"));
    const answer = await put(registry, `a/manifests/${wrong}`, other);
    expect([answer.status, await codeOf(answer)]).toEqual([400, "DIGEST_INVALID"]);
    for (const digest of [wrong, digestOf(Buffer.from(other))]) {
      expect((await registry.ask("HEAD", `a/manifests/${digest}`)).status).toBe(404);
    }
  });

  test("again under the same tag moves the tag; the old one stays under its digest", async () => {
    const { registry, config, digest } = await withManifest("stable");
    const next = manifestOver(config, []);
    await put(registry, "a/manifests/stable", next);
    expect(await (await registry.ask("GET", "a/manifests/stable")).text()).toBe(next);
    expect((await registry.ask("HEAD", `a/manifests/${digest}`)).status).toBe(200);
  });

  const absent = `sha256:${"0".repeat(64)}`;
  test.each<[string, string, string, number, string]>([
    ["a layer that is not there", manifestOver(absent, []), imageType, 404, "MANIFEST_BLOB_UNKNOWN"],
    [
      "an image that is not there",
      JSON.stringify({ schemaVersion: 2, manifests: [{ digest: absent }] }),
      indexType,
      404,
      "MANIFEST_BLOB_UNKNOWN",
    ],
    ["no JSON", "{", imageType, 400, "MANIFEST_INVALID"],
    ["no config", JSON.stringify({ layers: [] }), imageType, 400, "MANIFEST_INVALID"],
    [
      "another type inside",
      JSON.stringify({ mediaType: imageType, manifests: [] }),
      indexType,
      400,
      "MANIFEST_INVALID",
    ],
    ["an unknown type", "{}", "application/json", 400, "MANIFEST_INVALID"],
  ])("with %s is refused", async (_, body, type, status, code) => {
    const registry = await start();
    const answer = await put(registry, "a/manifests/1.0", body, type);
    expect([answer.status, await codeOf(answer)]).toEqual([status, code]);
    expect((await registry.ask("HEAD", "a/manifests/1.0")).status).toBe(404);
  });

  test("blobs of another repository do not count", async () => {
    const registry = await start();
    const config = await upload(registry, "other", "{}");
    expect((await put(registry, "a/manifests/1.0", manifestOver(config, []))).status).toBe(404);
  });

  test.each([".hidden", "a/b", "x".repeat(129), "sha256:short"])(
    "the reference %s is refused",
    async (reference) => {
      const registry = await start();
      expect((await put(registry, `a/manifests/${reference}`, "{}")).status).toBeGreaterThanOrEqual(400);
      expect(registry.store.repositories.size).toBe(0);
    },
  );
});

describe("asking for a manifest", () => {
  test.each([
    [imageType, 200],
    ["application/*", 200],
    [`text/html, ${imageType};q=0.5`, 200],
    [indexType, 404],
  ])("with Accept: %s is answered with %i", async (accept, status) => {
    const { registry } = await withManifest("1.0");
    const answer = await registry.ask("GET", "a/manifests/1.0", { headers: { accept } });
    expect(answer.status).toBe(status);
  });

  test("that is not there tells so", async () => {
    const { registry } = await withManifest("1.0");
    const answer = await registry.ask("GET", "a/manifests/2.0");
    expect([answer.status, await codeOf(answer)]).toEqual([404, "MANIFEST_UNKNOWN"]);
  });

  test("and for its referrers is answered as on GHCR: there is no such API", async () => {
    const { registry, digest } = await withManifest("1.0");
    expect((await registry.ask("GET", `a/referrers/${digest}`)).status).toBe(404);
    expect(registry.requests.unknown()).toEqual([]);
  });
});

describe("removing a manifest", () => {
  test("by tag takes the tag away only", async () => {
    const { registry, digest } = await withManifest("1.0");
    expect((await registry.ask("DELETE", "a/manifests/1.0")).status).toBe(202);
    expect((await registry.ask("HEAD", "a/manifests/1.0")).status).toBe(404);
    expect((await registry.ask("HEAD", `a/manifests/${digest}`)).status).toBe(200);
  });

  test("by digest takes it and its tags away", async () => {
    const { registry, digest } = await withManifest("1.0");
    expect((await registry.ask("DELETE", `a/manifests/${digest}`)).status).toBe(202);
    for (const reference of ["1.0", digest]) {
      expect((await registry.ask("HEAD", `a/manifests/${reference}`)).status).toBe(404);
    }
  });
});

describe("tags", () => {
  test("any page size brings all tags in order, once", async () => {
    const registry = await start();
    const image = await buildImage({ behaviour: { service: "a", version: "1" } });
    const name = fc.stringMatching(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,5}$/);
    let repository = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(name, { maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        async (tags, n) => {
          repository += 1;
          registry.push(`r${repository}`, image, tags);
          const seen: string[] = [];
          let path: string | undefined = `r${repository}/tags/list?n=${n}`;
          while (path !== undefined) {
            const answer: Response = await registry.ask("GET", path);
            const page = (await answer.json()) as { name: string; tags: string[] };
            expect(page.tags.length).toBeLessThanOrEqual(n);
            seen.push(...page.tags);
            path = /^<([^>]+)>; rel="next"$/.exec(answer.headers.get("link") ?? "")?.[1];
          }
          expect(seen).toEqual(tags.toSorted());
        },
      ),
      { numRuns: 30 },
    );
  });

  test("of a repository that does not exist: 404", async () => {
    const registry = await start();
    const answer = await registry.ask("GET", "nobody/tags/list");
    expect([answer.status, await codeOf(answer)]).toEqual([404, "NAME_UNKNOWN"]);
  });
});

describe("without HTTP", () => {
  test("an index is pushed with its images, and removed", async () => {
    const registry = await start();
    const behaviour = { service: "a", version: "1" };
    const images = await Promise.all([
      buildImage({ behaviour }),
      buildImage({ behaviour, platform: { os: "linux", architecture: "arm64" } }),
    ]);
    const index = buildIndex(images);
    expect(registry.push("a", index, ["1", "latest"])).toBe(index.manifestDigest);
    const got = await registry.ask("GET", "a/manifests/latest");
    expect(Buffer.from(await got.arrayBuffer()).equals(index.manifest)).toBe(true);
    for (const { manifestDigest, layers } of images) {
      expect((await registry.ask("HEAD", `a/manifests/${manifestDigest}`)).status).toBe(200);
      for (const { digest } of layers)
        expect((await registry.ask("HEAD", `a/blobs/${digest}`)).status).toBe(200);
    }
    expect(registry.remove("a", index.manifestDigest)).toBe(true);
    expect((await registry.ask("HEAD", "a/manifests/1")).status).toBe(404);
    expect(registry.remove("a", index.manifestDigest)).toBe(false);
  });
});
