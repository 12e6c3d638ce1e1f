import { describe, expect, test } from "vitest";
import type { FaultAction } from "../../rehearsal/faults/faults.ts";
import { digestOf } from "../../rehearsal/images/digest.ts";
import { buildImage, type OciImage } from "../../rehearsal/images/image.ts";
import { buildIndex } from "../../rehearsal/images/image-index.ts";
import { layerMediaType } from "../../rehearsal/images/layer.ts";
import { type CopiedRelease, copyRelease } from "../../src/registry/copy.ts";
import { verifyImages } from "../../src/registry/images.ts";
import { mappingOf, stagingToProduction } from "../../src/registry/mapping.ts";
import type { Registries } from "../../src/registry/registries.ts";
import { digestsOf, type Release, referencesOf, sameRelease } from "../../src/release/release.ts";
import { stopWallClock } from "../wallClock.ts";
import {
  asked,
  auth,
  descriptorOf,
  imageOf,
  layerRequests,
  pushIndex,
  pushReferrer,
  pushStaging,
  type Scene,
  services,
  single,
  startScene,
} from "./scene.ts";

const staging = "example/shop-staging/api";
const production = "example/shop/api";

const writes = (scene: Scene) => asked(scene, /^(POST|PUT|PATCH) /);
const mounts = (scene: Scene) => asked(scene, /^POST .*mount=/);
const held = (scene: Scene, repository = production) => scene.registry.store.repositories.get(repository);

/** Services whose images are in their repositories, whole; throws for one that is not. */
const wholeIn = async ({ release }: CopiedRelease, registries: Registries): Promise<string[]> =>
  Object.keys(await verifyImages(release, registries));

describe("within one registry", () => {
  test("the release has other repositories and the same digests, and no layer was moved", async () => {
    const scene = await startScene();
    const release = await pushStaging(scene);
    const copied = await copyRelease(release, stagingToProduction, { registries: scene.registries() });
    expect(digestsOf(copied.release)).toEqual(digestsOf(release));
    expect(sameRelease(copied.release, release)).toBe(true);
    for (const [service, { repository }] of Object.entries(referencesOf(copied.release)))
      expect(repository).toBe(`example/shop/${service}`);
    expect(layerRequests(scene)).toEqual([]);
    for (const image of Object.values(copied.images))
      expect(image).toMatchObject({ streamedBytes: 0, referrers: [], kept: [] });
    expect(await wholeIn(copied, scene.registries())).toEqual(Object.keys(copied.release.images));
    expect(scene.registry.requests.unknown()).toEqual([]);
  });

  test("requests: what validation has read is not read again, what production has is not mounted", async () => {
    const scene = await startScene();
    const first = await pushStaging(scene, "1.0.0");
    const previous = (await copyRelease(first, stagingToProduction, { registries: scene.registries() }))
      .release;
    const release = await pushStaging(scene, "1.1.0");
    const registries = scene.registries();
    // As a promotion does before it copies: the new images are valid, and the way back is there.
    await Promise.all([verifyImages(release, registries), verifyImages(previous, registries)]);
    scene.registry.requests.clear();
    const { images } = await copyRelease(release, stagingToProduction, { registries, previous });
    const listed = asked(scene, /tags\/list|referrers/);
    // One list of tags for each service; that there is no referrers API is found out once.
    expect(asked(scene, /tags\/list/)).toHaveLength(services.length);
    const others = asked(scene).filter((request) => !listed.includes(request));
    const of = (service: string) => others.filter((request) => request.includes(`/shop/${service}/`));
    // New configuration and layers, and the manifest; the base layer was there. One image is asked for, for all.
    expect(Object.fromEntries(services.map((s) => [s, of(s).length]))).toEqual({
      api: 4,
      scheduler: 3,
      "ai-planner": 3,
      web: 4,
      docs: 4,
    });
    expect(Object.values(images).map(({ mounted }) => mounted)).toEqual([2, 2, 2, 3, 3]);
    expect(layerRequests(scene)).toEqual([]);
  });

  test("requests with nothing known: each blob, two manifests, one list of tags", async () => {
    const scene = await startScene();
    const release = await pushStaging(scene);
    const { images } = await copyRelease(release, stagingToProduction, { registries: scene.registries() });
    const requests = Object.values(images).map((image) => image.requests);
    const blobs = [3, 3, 3, 4, 4];
    const extra = requests.map((count, i) => count - (blobs[i] ?? 0) - 3);
    // Once for all: the referrers API, and whether it was copied before.
    expect(extra.reduce((a, b) => a + b)).toBe(2);
    expect(Object.values(images).map((image) => image.mounted)).toEqual(blobs);
    expect(asked(scene)).toHaveLength(requests.reduce((a, b) => a + b));
  });

  test("nothing is written when everything is there", async () => {
    const scene = await startScene();
    const release = await pushStaging(scene);
    const first = await copyRelease(release, stagingToProduction, { registries: scene.registries() });
    scene.registry.requests.clear();
    const again = await copyRelease(release, stagingToProduction, { registries: scene.registries() });
    expect(again.release).toEqual(first.release);
    expect(writes(scene)).toEqual([]);
    expect(Object.values(again.images).every(({ mounted }) => mounted === 0)).toBe(true);
  });

  test("a repository that maps to itself is not asked at all", async () => {
    const scene = await startScene();
    const digest = scene.registry.push(production, await imageOf("api"));
    const release = single(scene, digest, production);
    const copied = await copyRelease(release, stagingToProduction, { registries: scene.registries() });
    expect(copied).toEqual({
      release,
      images: { api: { digest, mounted: 0, streamedBytes: 0, requests: 0, referrers: [], kept: [] } },
    });
    expect(scene.registry.requests.all()).toEqual([]);
  });

  test("a mount that is refused becomes a stream", async () => {
    const scene = await startScene({ mounts: false });
    const image = await imageOf("api");
    const release = single(scene, scene.registry.push(staging, image));
    const copied = await copyRelease(release, stagingToProduction, { registries: scene.registries() });
    const bytes = [image.config, ...image.layers].reduce((sum, { size }) => sum + size, 0);
    expect(copied.images.api).toMatchObject({ mounted: 0, streamedBytes: bytes });
    expect(await wholeIn(copied, scene.registries())).toEqual(Object.keys(copied.release.images));
  });

  test("a blob that is there is not sent when mounts are refused", async () => {
    const scene = await startScene({ mounts: false });
    const image = await imageOf("api");
    const release = single(scene, scene.registry.push(staging, image));
    const [base] = image.layers;
    scene.registry.store.putBlob(production, base?.bytes ?? Buffer.alloc(0));
    const copied = await copyRelease(release, stagingToProduction, { registries: scene.registries() });
    expect(asked(scene, /^PUT .*uploads/)).toHaveLength(2);
    expect(await wholeIn(copied, scene.registries())).toEqual(Object.keys(copied.release.images));
  });

  test("layers that production was believed to have are mounted when the registry objects", async () => {
    const scene = await startScene();
    const first = await pushStaging(scene, "1.0.0");
    const previous = (await copyRelease(first, stagingToProduction, { registries: scene.registries() }))
      .release;
    const release = await pushStaging(scene, "1.1.0");
    const registries = scene.registries();
    await verifyImages(previous, registries);
    const base = (await imageOf("api")).layers[0]?.digest ?? "";
    for (const service of services) scene.registry.store.removeBlob(`example/shop/${service}`, base);
    const copied = await copyRelease(release, stagingToProduction, { registries, previous });
    expect(await wholeIn(copied, scene.registries())).toEqual(Object.keys(copied.release.images));
  });
});

describe("what belongs to an image goes along, with its digests", () => {
  async function withEverything(options: Parameters<typeof startScene>[0] = {}) {
    const scene = await startScene(options);
    const behaviour = { service: "api", version: "1" };
    const images = await Promise.all([
      buildImage({ behaviour }),
      buildImage({ behaviour, platform: { os: "linux", architecture: "arm64" } }),
    ]);
    const index = buildIndex(images);
    const digest = scene.registry.push(staging, index);
    const hex = digest.replace(":", "-");
    const subject = descriptorOf(index);
    const attached = ["sig", "att", "sbom"].map((kind) =>
      pushReferrer(scene, staging, subject, kind, [`${hex}.${kind}`]),
    );
    const report = pushReferrer(scene, staging, subject, "report");
    // The signature of one platform, and of the report: what refers to what refers to it.
    const arm = images[1];
    const platform = pushReferrer(scene, staging, descriptorOf(arm), "arm", [
      `${arm.manifestDigest.replace(":", "-")}.sig`,
    ]);
    const deep = pushReferrer(scene, staging, { ...subject, digest: report }, "deep");
    const fallback = (of: string, members: string[]) =>
      options.referrers ? undefined : pushIndex(scene, staging, of.replace(":", "-"), members);
    const indexes = [fallback(digest, [report]), fallback(report, [deep])].filter((d) => d !== undefined);
    const release = single(scene, digest);
    return { scene, release, images, digest, referrers: [...attached, report, platform, deep, ...indexes] };
  }

  test.each([false, true])("with a referrers API: %s", async (referrersApi) => {
    const { scene, release, images, digest, referrers } = await withEverything({ referrers: referrersApi });
    const copied = await copyRelease(release, stagingToProduction, { registries: scene.registries() });
    expect(copied.images.api?.referrers.toSorted()).toEqual(referrers.toSorted());
    const [from, to] = [held(scene, staging), held(scene)];
    for (const one of [digest, ...images.map((i) => i.manifestDigest), ...referrers])
      expect(to?.manifests.get(one)?.bytes).toEqual(from?.manifests.get(one)?.bytes);
    expect(to?.tags).toEqual(from?.tags);
    expect(layerRequests(scene)).toEqual([]);
    expect(copied.images.api?.streamedBytes).toBe(0);

    scene.registry.requests.clear();
    await copyRelease(release, stagingToProduction, { registries: scene.registries() });
    expect(writes(scene)).toEqual([]);
  });

  test("to a registry without the referrers API: under the fallback tag", async () => {
    const { scene, release, digest, referrers } = await withEverything({ referrers: true });
    const other = await startScene();
    const registries = scene.registries({
      credentials: [scene, other].map(({ registry }) => ({
        server: registry.host,
        username: auth.username,
        token: auth.password,
      })),
    });
    const mapping = mappingOf({
      from: `${scene.registry.host}/{owner}/{app}-staging/{service}`,
      to: `${other.registry.host}/{owner}/{app}/{service}`,
    });
    await copyRelease(release, mapping, { registries });
    const target = registries.repository(other.registry.host, production);
    const found = await target.referrers(subjectOf(release));
    expect(found.length).toBeGreaterThan(0);
    for (const { digest: one } of found) expect(referrers).toContain(one);
    expect(held(other)?.manifests.has(digest)).toBe(true);
  });

  const subjectOf = (release: Release) => {
    const { api } = referencesOf(release);
    if (!api) throw new TypeError("the release has no api");
    return api.digest;
  };

  test("is found by its tags when the list of tags is not whole", async () => {
    const { scene, release, referrers } = await withEverything();
    scene.fail("GET .*/tags/list", { kind: "status", status: 404 }, "always");
    const { images } = await copyRelease(release, stagingToProduction, { registries: scene.registries() });
    expect(images.api?.referrers.toSorted()).toEqual(referrers.toSorted());
  });

  test("and is added later when the image was copied before", async () => {
    const { scene, release, digest } = await withEverything();
    await copyRelease(release, stagingToProduction, { registries: scene.registries() });
    const tag = `${digest.replace(":", "-")}.sig`;
    const before = held(scene)?.tags.get(tag);
    // Signed once more: the signatures' manifest has the layer of the first one, and one more.
    const first = JSON.parse(
      held(scene, staging)
        ?.manifests.get(before ?? "")
        ?.bytes.toString() ?? "",
    );
    const more = scene.registry.store.putBlob(staging, Buffer.from("another signature"));
    first.layers.push({ mediaType: "application/octet-stream", digest: more, size: 17 });
    const bytes = Buffer.from(JSON.stringify(first));
    scene.registry.store.putManifest(staging, { mediaType: first.mediaType, bytes }, tag);
    const { images } = await copyRelease(release, stagingToProduction, { registries: scene.registries() });
    expect(held(scene)?.tags.get(tag)).toBe(digestOf(bytes));
    expect(images.api?.kept).toEqual([]);
  });

  test("but what production has beside it is not lost", async () => {
    const { scene, release, digest } = await withEverything();
    const hex = digest.replace(":", "-");
    const subject = { mediaType: layerMediaType, digest, size: 1 };
    const own = pushReferrer(scene, production, subject, "production's own", [`${hex}.sig`]);
    const report = pushReferrer(scene, production, subject, "production's report");
    pushIndex(scene, production, hex, [report]);
    const { images } = await copyRelease(release, stagingToProduction, { registries: scene.registries() });
    expect(images.api?.kept).toEqual([`${hex}.sig`]);
    expect(held(scene)?.tags.get(`${hex}.sig`)).toBe(own);
    const listed = await scene
      .registries()
      .repository(scene.registry.host, production)
      .referrers(subjectOf(release));
    expect(listed.map((r) => r.digest)).toContain(report);
    expect(listed).toHaveLength(2);
  });
});

describe("from one registry to another", () => {
  async function withTwo() {
    const [source, target] = [await startScene(), await startScene()];
    const registries = () =>
      source.registries({
        credentials: [source, target].map(({ registry }) => ({
          server: registry.host,
          username: auth.username,
          token: auth.password,
        })),
      });
    const mapping = mappingOf({
      from: `${source.registry.host}/{owner}/{app}-staging/{service}`,
      to: `${target.registry.host}/{owner}/{app}/{service}`,
    });
    const image = await imageOf("api", "1.0.0", true);
    const release = single(source, source.registry.push(staging, image));
    const bytes = [image.config, ...image.layers].reduce((sum, { size }) => sum + size, 0);
    return { source, target, registries, mapping, release, image, bytes };
  }

  test("blobs are streamed, and not again when they are there", async () => {
    const { target, registries, mapping, release, bytes } = await withTwo();
    const copied = await copyRelease(release, mapping, { registries: registries() });
    expect(copied.images.api).toMatchObject({ mounted: 0, streamedBytes: bytes });
    expect(mounts(target)).toEqual([]);
    expect(await wholeIn(copied, registries())).toEqual(["api"]);
    target.registry.requests.clear();
    await copyRelease(release, mapping, { registries: registries() });
    expect(writes(target)).toEqual([]);
  });

  test("a source that breaks off is taken up where it broke", async () => {
    const { source, registries, mapping, release } = await withTwo();
    source.fail("GET .*/blobs/", { kind: "drop" }, 2);
    const copied = await copyRelease(release, mapping, { registries: registries() });
    expect(await wholeIn(copied, registries())).toEqual(["api"]);
    expect(source.registry.requests.all().some(({ status }) => status === 206)).toBe(true);
  });

  test.each<[string, FaultAction]>([
    ["refused", { kind: "refuse" }],
    ["answered with 503", { kind: "status", status: 503 }],
    ["answered with 400", { kind: "status", status: 400 }],
    ["answered, and the answer lost", { kind: "drop" }],
  ])("an upload that is %s is begun again", async (_, action) => {
    const { target, registries, mapping, release } = await withTwo();
    target.fail("PUT .*/blobs/uploads/", action);
    const copied = await copyRelease(release, mapping, { registries: registries() });
    expect(await wholeIn(copied, registries())).toEqual(["api"]);
  });

  test("an upload that keeps failing fails the copy", async () => {
    const { target, registries, mapping, release } = await withTwo();
    target.fail("PUT .*/blobs/uploads/", { kind: "status", status: 503 }, "always");
    await expect(copyRelease(release, mapping, { registries: registries() })).rejects.toMatchObject({
      code: "CopyFailed",
      fault: "environment",
    });
    expect(held(target)?.manifests.size ?? 0).toBe(0);
  });

  test.each<[string, (image: OciImage) => string]>([
    ["shorter", () => "short"],
    ["longer", (image) => "x".repeat((image.layers[1]?.size ?? 0) + 1)],
    ["of the same size", (image) => "x".repeat(image.layers[1]?.size ?? 0)],
  ])("other bytes from the source, %s, never become a blob", async (_, text) => {
    const { source, target, registries, mapping, release, image } = await withTwo();
    const { digest = "" } = image.layers[1] ?? {};
    source.fail(`GET .*/blobs/${digest}`, { kind: "lie", text: text(image) }, "always");
    await expect(copyRelease(release, mapping, { registries: registries() })).rejects.toMatchObject({
      code: expect.stringMatching(/^(ImageCorrupted|CopyFailed)$/),
    });
    expect(held(target)?.manifests.size ?? 0).toBe(0);
    expect(held(target)?.blobs.has(digest) ?? false).toBe(false);
  });

  test.each(["http://registry.example.com/upload", "", "ftp://127.0.0.1/x"])(
    "an upload is not sent to %j",
    async (location) => {
      const { target, registries, mapping, release } = await withTwo();
      const headers = { location: location === "" ? null : location };
      target.fail("POST .*uploads/", { kind: "lie", headers }, "always");
      await expect(copyRelease(release, mapping, { registries: registries() })).rejects.toMatchObject({
        code: "CopyFailed",
      });
      expect(asked(target, /^PUT /)).toEqual([]);
      expect(held(target)?.manifests.size ?? 0).toBe(0);
      expect(held(target)?.blobs.size ?? 0).toBe(0);
    },
  );
});

describe("when something fails", () => {
  async function withRelease(options: Parameters<typeof startScene>[0] = {}) {
    const scene = await startScene(options);
    const release = await pushStaging(scene);
    const copy = (registries = scene.registries()) =>
      copyRelease(release, stagingToProduction, { registries });
    return { scene, release, copy };
  }

  test.each<[string, string, FaultAction]>([
    ["mounting", "POST .*mount=", { kind: "status", status: 500 }],
    ["mounting", "POST .*mount=", { kind: "status", status: 429 }],
    ["mounting", "POST .*mount=", { kind: "refuse" }],
    ["mounting, its answer lost,", "POST .*mount=", { kind: "drop" }],
    ["the manifest", "PUT .*/manifests/", { kind: "status", status: 503 }],
    ["the manifest, its answer lost,", "PUT .*/manifests/", { kind: "drop" }],
    ["reading", "GET .*/manifests/", { kind: "drop" }],
    ["the list of tags", "GET .*/tags/list", { kind: "status", status: 502 }],
    ["asking for referrers", "GET .*/referrers/", { kind: "status", status: 503 }],
  ])("%s twice, it is tried again: nothing is lost", async (_, match, action) => {
    const { scene, copy } = await withRelease();
    scene.fail(match, action, 2);
    const copied = await copy();
    expect(scene.faults.history).toHaveLength(2);
    expect(layerRequests(scene)).toEqual([]);
    expect(await wholeIn(copied, scene.registries())).toEqual(Object.keys(copied.release.images));
  });

  test.each<[string, FaultAction]>([
    ["POST .*/shop/web/.*mount=", { kind: "status", status: 503 }],
    ["PUT .*/shop/web/manifests/", { kind: "refuse" }],
    ["PUT .*/shop/web/manifests/", { kind: "status", status: 400 }],
    ["GET .*/shop-staging/web/manifests/", { kind: "status", status: 503 }],
  ])("%s always: CopyFailed, which says where and how far", async (match, action) => {
    const { scene, copy } = await withRelease();
    scene.fail(match, action, "always");
    const failure: unknown = await copy().catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ code: "CopyFailed", fault: "environment" });
    expect(String(failure)).toContain("web");
    const whole = services.filter((s) => (held(scene, `example/shop/${s}`)?.manifests.size ?? 0) > 0);
    // What cannot be read is not begun.
    const far =
      writes(scene).length === 0 ? "Nothing was copied" : `${whole.length} of ${services.length} images`;
    expect(String(failure)).toContain(far);
  });

  test("another attempt does only what is missing", async () => {
    const { scene, copy } = await withRelease();
    scene.fail("PUT .*/shop/web/manifests/", { kind: "refuse" }, "always");
    await expect(copy()).rejects.toMatchObject({ code: "CopyFailed" });
    scene.faults.clear();
    scene.registry.requests.clear();
    const copied = await copy();
    expect(writes(scene).filter((request) => !request.includes("/shop/web/"))).toEqual([]);
    expect(asked(scene, /^PUT /)).toHaveLength(1);
    expect(await wholeIn(copied, scene.registries())).toEqual(Object.keys(copied.release.images));
  });

  test("another attempt in the same promotion does not even ask for what is there", async () => {
    const { scene, copy } = await withRelease();
    const registries = scene.registries();
    scene.fail("PUT .*/shop/web/manifests/", { kind: "status", status: 400 }, "always");
    await expect(copy(registries)).rejects.toMatchObject({ code: "CopyFailed" });
    scene.faults.clear();
    scene.registry.requests.clear();
    const copied = await copy(registries);
    expect(asked(scene, /^(POST|PUT)/)).toHaveLength(1);
    expect(await wholeIn(copied, scene.registries())).toEqual(Object.keys(copied.release.images));
  });

  test("a copy that was stopped is finished by the next one", async () => {
    const { scene, release, copy } = await withRelease();
    scene.fail("POST .*mount=", { kind: "delay", milliseconds: 2_000 }, "always", 6);
    const stopped = copyRelease(release, stagingToProduction, {
      registries: scene.registries(),
      signal: AbortSignal.timeout(200),
    });
    await expect(stopped).rejects.toMatchObject({ code: "DeadlineExceeded" });
    scene.faults.clear();
    expect(await wholeIn(await copy(), scene.registries())).toEqual([...services]);
  });

  test("a token that expires in the middle is renewed", async () => {
    const clock = stopWallClock();
    const { scene, copy } = await withRelease({ tokenSeconds: 300 });
    scene.fail("GET /token", { kind: "lie", patch: { expires_in: 3600 } }, "always");
    scene.fail("PUT .*/manifests/", { kind: "delay", milliseconds: 3000 }, services.length);
    const copying = copy();
    await expect.poll(() => mounts(scene).length, { interval: 10 }).toBeGreaterThan(0);
    clock.pass(300_001);
    const copied = await copying;
    expect(
      scene.registry.requests.all().some(({ status, method }) => status === 401 && method === "PUT"),
    ).toBe(true);
    expect(await wholeIn(copied, scene.registries())).toEqual(Object.keys(copied.release.images));
  });

  test("refused access is told as such", async () => {
    const { scene, copy } = await withRelease();
    scene.fail("(POST|PUT) ", { kind: "status", status: 403 }, "always");
    await expect(copy()).rejects.toMatchObject({ code: "RegistryUnavailable", fault: "user" });
    await expect(copy(scene.registries({ credentials: [] }))).rejects.toMatchObject({
      code: "RegistryUnavailable",
      fault: "user",
    });
  });

  test("an image that is not there: nothing is written", async () => {
    const { scene, release, copy } = await withRelease();
    scene.registry.remove("example/shop-staging/docs", digestsOf(release).docs ?? "");
    await expect(copy()).rejects.toMatchObject({ code: "ImageMissing" });
    expect(writes(scene)).toEqual([]);
  });

  test("other bytes than the digest's: nothing is written", async () => {
    const { scene, copy } = await withRelease();
    scene.fail("GET .*/docs/manifests/", { kind: "lie", patch: { annotations: { a: "b" } } }, "always");
    await expect(copy()).rejects.toMatchObject({ code: "ImageCorrupted" });
    expect(writes(scene)).toEqual([]);
  });

  test("a mapping that makes no repository of it", async () => {
    const { scene, release } = await withRelease();
    const mapping = () => ({ registry: "ghcr.io", repository: "Not/A Repository" });
    await expect(copyRelease(release, mapping, { registries: scene.registries() })).rejects.toMatchObject({
      code: "ConfigInvalid",
    });
    expect(scene.registry.requests.all()).toEqual([]);
  });

  test.each<[string, (scene: Scene, image: OciImage) => string]>([
    [
      "more members than may be",
      (scene) => {
        const digests = Array.from(
          { length: 110 },
          (_, n) =>
            pushReferrer(scene, staging, { mediaType: "x", digest: "y", size: 1 }, String(n)) as string,
        );
        return pushIndex(scene, staging, "wide", digests);
      },
    ],
    [
      "more levels than may be",
      (scene, image) => {
        let digest = scene.registry.push(staging, image);
        for (let level = 0; level < 9; level++)
          digest = pushIndex(scene, staging, `level-${level}`, [digest]);
        return digest;
      },
    ],
    [
      "a member that is not there",
      (scene, image) => {
        const gone = scene.registry.push(staging, image);
        const digest = pushIndex(scene, staging, "gone", [gone]);
        scene.registry.remove(staging, gone);
        return digest;
      },
    ],
  ])("an index with %s is refused", async (_, build) => {
    const scene = await startScene();
    const release = single(scene, build(scene, await imageOf("api")));
    await expect(
      copyRelease(release, stagingToProduction, { registries: scene.registries() }),
    ).rejects.toMatchObject({ code: "ImageCorrupted" });
    expect(writes(scene)).toEqual([]);
  });
});
