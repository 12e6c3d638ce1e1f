/** What a promotion asks of a registry between its gates and its tags, request by request. */
import { describe, expect, test } from "vitest";
import { buildImage } from "../../rehearsal/images/image.ts";
import { attachEvidence } from "../../rehearsal/signing/evidence.ts";
import { newSigningKey, type SigningKey } from "../../rehearsal/signing/key.ts";
import { RepositoryArtifacts } from "../../src/registry/artifacts.ts";
import { copyRelease } from "../../src/registry/copy.ts";
import { verifyImages } from "../../src/registry/images.ts";
import { stagingToProduction } from "../../src/registry/mapping.ts";
import type { Registries } from "../../src/registry/registries.ts";
import { type Release, referencesOf } from "../../src/release/release.ts";
import { verifyRelease } from "../../src/trust/verifyRelease.ts";
import { trust } from "../trust/setting.ts";
import { asked, imageOf, layerRequests, releaseOf, type Scene, services, startScene } from "./scene.ts";

const commit = "c".repeat(40);
const build = {
  repository: "https://github.com/example/shop",
  workflow: ".github/workflows/release.yml",
  commit,
};
const now = new Date("2026-01-03T00:00:00Z");

interface Kind {
  /** Layers of each image: the base that all versions share, and one or two more. */
  layers: 2 | 3;
  signed: boolean;
}

/** Five services in staging; signed ones with a signature, and with provenance and a report in a second attachment. */
async function pushRelease(
  { registry }: Scene,
  version: string,
  { layers, signed }: Kind,
  key: SigningKey,
): Promise<Release> {
  const images: Record<string, string> = {};
  for (const service of services) {
    const image = await buildImage({
      behaviour: { service, version, listen: 8080 },
      labels: {
        "org.opencontainers.image.source": build.repository,
        "org.opencontainers.image.revision": commit,
        "org.opencontainers.image.version": version,
        "org.opencontainers.image.created": "2026-01-02T03:04:05Z",
      },
      ...(layers === 3 && { files: { "index.html": `${service} ${version}` } }),
    });
    expect(image.layers).toHaveLength(layers);
    const repository = `example/shop-staging/${service}`;
    const name = `${registry.host}/${repository}`;
    const digest = registry.push(repository, image, [version]);
    images[service] = `${name}@${digest}`;
    const evidence = { digest, name, build, scannedAt: "2026-01-02T04:00:00Z" };
    for (const { tag, artifact } of signed ? attachEvidence(evidence, key) : [])
      registry.push(repository, artifact, [tag]);
  }
  return releaseOf(version, images);
}

/** Every check that there is, as a promotion makes them: images whole, then who says what of them. */
async function verifyAll(release: Release, registries: Registries, key: SigningKey): Promise<boolean> {
  const measured = trust({
    signatures: { keys: [key.publicKey] },
    provenance: { repository: build.repository, workflow: build.workflow },
    security: {},
  });
  const sources = new Map(
    Object.entries(referencesOf(release)).map(([service, { registry, repository }]) => [
      service,
      new RepositoryArtifacts(registries.repository(registry, repository)),
    ]),
  );
  await verifyImages(release, registries);
  const sourceOf = (service: string) => sources.get(service) as RepositoryArtifacts;
  return (await verifyRelease(release, sourceOf, measured, now)).verified;
}

/** Requests of one service, by kind. */
function kindsOf(scene: Scene, service: string): Record<string, number> {
  const kinds: Record<string, number> = {};
  for (const request of asked(scene, new RegExp(`/shop(-staging)?/${service}/`))) {
    const where = request.includes("/shop-staging/") && !request.startsWith("POST") ? "source" : "target";
    const what = request.replace(/ \/v2\/example\/[\w-]+\/[\w-]+\//, " ").replace(/(\w+ [a-z]+).*/, "$1");
    const kind = `${where} ${what}`;
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  return kinds;
}

/** A release that is verified and copied beside the one before it; requests counted of the second. */
async function promoteSecond(kind: Kind) {
  const scene = await startScene();
  const key = newSigningKey();
  const first = await pushRelease(scene, "1.0.0", kind, key);
  const { release: previous } = await copyRelease(first, stagingToProduction, {
    registries: scene.registries(),
  });
  const release = await pushRelease(scene, "1.1.0", kind, key);
  const registries = scene.registries();
  scene.registry.requests.clear();
  const whole = async () => Object.keys(await verifyImages(release, registries)).length === 0;
  const verified = await (kind.signed ? verifyAll(release, registries, key) : whole());
  const verifying = Object.fromEntries(services.map((service) => [service, kindsOf(scene, service)]));
  scene.registry.requests.clear();
  const copied = await copyRelease(release, stagingToProduction, { registries, previous });
  const copying = Object.fromEntries(services.map((service) => [service, kindsOf(scene, service)]));
  return { scene, key, release, copied, verified, verifying, copying };
}

const sum = (kinds: Record<string, number> | undefined): number =>
  Object.values(kinds ?? {}).reduce((a, b) => a + b, 0);

/** Blobs of an image with so many layers, and of cosign's two manifests: a configuration each, one signature, two statements. */
const blobsOf = ({ layers, signed }: Kind) => ({ own: 1 + layers, attached: signed ? 2 + 3 : 0 });

const kinds: Kind[] = [
  { layers: 2, signed: false },
  { layers: 3, signed: false },
  { layers: 2, signed: true },
  { layers: 3, signed: true },
];

describe.each(kinds)("a release of five services, $layers layers, signed: $signed", (kind) => {
  const { own, attached } = blobsOf(kind);
  const attachments = kind.signed ? 2 : 0;

  test("verifying asks for each thing once", async () => {
    const { verifying, verified } = await promoteSecond(kind);
    expect(verified).toBe(kind.signed);
    const documents = attached - attachments;
    for (const service of services)
      expect(verifying[service]).toMatchObject({
        "source GET manifests": 1 + attachments,
        "source GET blobs": 1 + documents,
        "source HEAD blobs": kind.layers,
        ...(kind.signed && { "source GET tags": 1 }),
      });
    const questions = kind.signed ? 1 : 0;
    const total = services.map((service) => sum(verifying[service])).reduce((a, b) => a + b);
    // For all of them: whether there is a referrers API.
    expect(total).toBe(
      services.length * (1 + attachments + 1 + documents + kind.layers + questions) + questions,
    );
  });

  test("copying asks once for each blob, manifest and list of tags, and reads nothing twice", async () => {
    const { scene, copying, copied } = await promoteSecond(kind);
    for (const service of services)
      expect(copying[service]).toMatchObject({
        "target POST blobs": own + attached,
        "target PUT manifests": 1 + attachments,
        [kind.signed ? "target GET tags" : "source GET tags"]: 1,
      });
    const total = services.map((service) => sum(copying[service])).reduce((a, b) => a + b);
    // For all of them, where nothing is attached: whether there is a referrers API, and whether it was copied before.
    expect(total).toBe(services.length * (own + attached + 1 + attachments + 1) + (kind.signed ? 0 : 2));
    expect(layerRequests(scene)).toEqual([]);
    for (const image of Object.values(copied.images))
      expect(image).toMatchObject({ mounted: own + attached, streamedBytes: 0, kept: [] });
  });

  test("what was copied is whole, and verifies where it is now", async () => {
    const { scene, key, copied } = await promoteSecond(kind);
    const verified = await verifyAll(copied.release, scene.registries(), key).catch(() => false);
    expect(verified).toBe(kind.signed);
    expect(Object.keys(await verifyImages(copied.release, scene.registries()))).toEqual([...services]);
  });
});

describe("what was verified is what is copied", () => {
  const signed: Kind = { layers: 2, signed: true };
  const staging = "example/shop-staging/api";

  async function verifiedRelease() {
    const scene = await startScene();
    const key = newSigningKey();
    const release = await pushRelease(scene, "1.0.0", signed, key);
    const registries = scene.registries();
    expect(await verifyAll(release, registries, key)).toBe(true);
    const digest = referencesOf(release).api?.digest ?? "";
    const tags = scene.registry.store.open(staging).tags;
    const tag = `${digest.replace(":", "-")}.att`;
    const before = tags.get(tag);
    return { scene, key, release, registries, digest, tags, tag, before };
  }

  const inProduction = (scene: Scene, tag: string) =>
    scene.registry.store.open("example/shop/api").tags.get(tag);

  test("a tag of attestations that is moved meanwhile does not get into production", async () => {
    const { scene, key, release, registries, digest, tag, before } = await verifiedRelease();
    const name = `${scene.registry.host}/${staging}`;
    const evidence = { digest, name, build, scannedAt: "2026-01-02T05:00:00Z" };
    const later = attachEvidence(evidence, key, { findings: [{ id: "CVE-2026-1000", score: 9.8 }] });
    for (const attachment of later) scene.registry.push(staging, attachment.artifact, [attachment.tag]);
    await copyRelease(release, stagingToProduction, { registries });
    expect(inProduction(scene, tag)).toBe(before);
  });

  test("the next promotion sees the moved tag", async () => {
    const { scene, key, release, digest, tag, before } = await verifiedRelease();
    const name = `${scene.registry.host}/${staging}`;
    const evidence = { digest, name, build, scannedAt: "2026-01-02T05:00:00Z" };
    const later = attachEvidence(evidence, key, { findings: [{ id: "CVE-2026-1000", score: 9.8 }] });
    for (const attachment of later) scene.registry.push(staging, attachment.artifact, [attachment.tag]);
    await expect(verifyAll(release, scene.registries(), key)).rejects.toMatchObject({
      code: "SecurityBlocked",
    });
    expect(scene.registry.store.open(staging).tags.get(tag)).not.toBe(before);
  });
});

describe("a registry that says done and has done nothing is found out", () => {
  test.each([
    ["for an image", "PUT .*/shop/api/manifests/sha256:"],
    ["for attestations", "PUT .*/shop/api/manifests/sha256-.*\\.att"],
    ["for a blob of a signature", "POST .*/shop/api/blobs/uploads/"],
  ])("%s", async (_, match) => {
    const scene = await startScene();
    const release = await pushRelease(scene, "1.0.0", { layers: 3, signed: true }, newSigningKey());
    scene.fail(match, { kind: "status", status: 201 });
    const copying = copyRelease(release, stagingToProduction, { registries: scene.registries() });
    await expect(copying).rejects.toMatchObject({ code: "CopyFailed", fault: "environment" });
    expect(scene.faults.history).toHaveLength(1);
  });
});

describe("what images share is asked for once", () => {
  test("an image that several services run", async () => {
    const scene = await startScene();
    const image = await imageOf("api");
    const digest = scene.registry.push("example/shop-staging/app", image);
    const reference = `${scene.registry.host}/example/shop-staging/app@${digest}`;
    const release = releaseOf("1.0.0", { api: reference, scheduler: reference, migrator: reference });
    const registries = scene.registries();
    await verifyImages(release, registries);
    // The manifest, the configuration and two layers.
    expect(asked(scene)).toHaveLength(4);
    scene.registry.requests.clear();
    const { images } = await copyRelease(release, stagingToProduction, { registries });
    expect(asked(scene, /^(POST|PUT) /)).toHaveLength(4);
    expect(Object.values(images).map(({ mounted }) => mounted)).toEqual([3, 0, 0]);
  });

  test("layers of several images of one repository", async () => {
    const scene = await startScene();
    const digests = await Promise.all(
      ["api", "web"].map(async (service) =>
        scene.registry.push("example/shop-staging/all", await imageOf(service)),
      ),
    );
    const [api, web] = digests.map((digest) => `${scene.registry.host}/example/shop-staging/all@${digest}`);
    const release = releaseOf("1.0.0", { api: api ?? "", web: web ?? "" });
    const registries = scene.registries();
    const { release: copied } = await copyRelease(release, stagingToProduction, { registries });
    // The base layer once; a configuration and a layer of each image.
    expect(asked(scene, /^POST /)).toHaveLength(5);
    expect(Object.keys(await verifyImages(copied, scene.registries()))).toEqual(["api", "web"]);
  });

  test("a mount that fails for one image is tried by the other", async () => {
    const scene = await startScene();
    const digests = await Promise.all(
      ["api", "web"].map(async (service) =>
        scene.registry.push("example/shop-staging/all", await imageOf(service)),
      ),
    );
    const [api, web] = digests.map((digest) => `${scene.registry.host}/example/shop-staging/all@${digest}`);
    const release = releaseOf("1.0.0", { api: api ?? "", web: web ?? "" });
    scene.fail("POST .*/shop/all/blobs", { kind: "status", status: 503 }, 2);
    const { release: copied } = await copyRelease(release, stagingToProduction, {
      registries: scene.registries(),
    });
    expect(Object.keys(await verifyImages(copied, scene.registries()))).toEqual(["api", "web"]);
  });
});
