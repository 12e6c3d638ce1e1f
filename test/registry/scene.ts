/** A registry with a release in its staging repositories. */
import { onTestFinished } from "vitest";
import { type FaultAction, Faults } from "../../rehearsal/faults/faults.ts";
import { digestOf } from "../../rehearsal/images/digest.ts";
import { buildImage, manifestMediaType, type OciImage } from "../../rehearsal/images/image.ts";
import { indexMediaType, type OciIndex } from "../../rehearsal/images/image-index.ts";
import { type Registry, type RegistryOptions, startRegistry } from "../../rehearsal/registry/server.ts";
import { Breakers } from "../../src/registry/breaker.ts";
import { Registries, type RegistriesOptions } from "../../src/registry/registries.ts";
import type { Digest } from "../../src/release/digest.ts";
import type { Release } from "../../src/release/release.ts";

export const auth = { username: "octo-dev", password: "ghp_rehearsal" };

/** Nothing of this machine: no credentials in the environment, no Docker configuration. */
export const nowhere = { HOME: "/nonexistent", DOCKER_CONFIG: "/nonexistent" };

export interface Scene {
  registry: Registry;
  faults: Faults;
  /** Fails the next requests that match `METHOD path`. */
  fail(match: string, action: FaultAction, times?: number | "always", skip?: number): void;
  /** What one promotion uses. */
  registries(options?: RegistriesOptions): Registries;
}

export async function startScene(options: Partial<RegistryOptions> = {}): Promise<Scene> {
  const faults = new Faults();
  const registry = await startRegistry({ faults, auth, ...options });
  onTestFinished(() => registry.close());
  return {
    registry,
    faults,
    fail: (match, action, times = 1, skip = 0) =>
      faults.add({ part: "registry", match, action, times, skip }),
    registries: (more = {}) =>
      new Registries({
        credentials: [{ server: registry.host, username: auth.username, token: auth.password }],
        environment: nowhere,
        breakers: new Breakers(),
        ...more,
      }),
  };
}

/** An image of a service: a configuration and two layers, three with files. */
export const imageOf = (service: string, version = "1.0.0", files = false): Promise<OciImage> =>
  buildImage({
    behaviour: { service, version, listen: 8080 },
    ...(files && { files: { "index.html": `${service} ${version}` } }),
  });

export const services = ["api", "scheduler", "ai-planner", "web", "docs"] as const;

/** A release over images that are in these repositories. */
export const releaseOf = (version: string, images: Record<string, string>): Release => ({
  version,
  commit: "c".repeat(40),
  createdAt: "2026-01-02T03:04:05Z",
  images,
});

/** Pushes a release of five services to the staging repositories. */
export async function pushStaging({ registry }: Scene, version = "1.0.0"): Promise<Release> {
  const images: Record<string, string> = {};
  for (const service of services) {
    const image = await imageOf(service, version, service === "web" || service === "docs");
    const repository = `example/shop-staging/${service}`;
    images[service] = `${registry.host}/${repository}@${registry.push(repository, image, [version])}`;
  }
  return releaseOf(version, images);
}

/** A release of one service, `api`. */
export const single = ({ registry }: Scene, digest: string, repository = "example/shop-staging/api") =>
  releaseOf("1.0.0", { api: `${registry.host}/${repository}@${digest}` });

/** Requests that were answered, token requests and the question how to authenticate left out. */
export const asked = ({ registry }: Scene, pattern = /./): string[] =>
  registry.requests
    .all()
    .map(({ method, path }) => `${method} ${path}`)
    .filter((text) => !/ \/token| \/v2\/$/.test(text) && pattern.test(text));

/** Requests that carry the bytes of layers. */
export const layerRequests = (scene: Scene): string[] =>
  asked(scene, /^GET .*\/blobs\/|^(PUT|PATCH) .*\/blobs\/uploads\//);

/** Something that refers to a subject: an image manifest of its own with a configuration and one layer. */
export function pushReferrer(
  { registry }: Scene,
  repository: string,
  subject: { mediaType: string; digest: string; size: number },
  text: string,
  tags: readonly string[] = [],
): Digest {
  const { store } = registry;
  const config = store.putBlob(repository, Buffer.from("{}"));
  const layer = store.putBlob(repository, Buffer.from(text));
  const about = (digest: string, size: number) => ({ mediaType: "application/octet-stream", digest, size });
  const manifest = {
    schemaVersion: 2,
    mediaType: manifestMediaType,
    artifactType: "application/vnd.example.report+json",
    config: about(config, 2),
    layers: [about(layer, Buffer.byteLength(text))],
    subject,
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  const { digest } = store.putManifest(repository, { mediaType: manifestMediaType, bytes });
  for (const tag of tags) store.open(repository).tags.set(tag, digest);
  return digest as Digest;
}

export const descriptorOf = (image: OciImage | OciIndex) => ({
  mediaType: image.mediaType,
  digest: image.manifestDigest,
  size: image.manifest.length,
});

/** Puts an index of these manifests under a tag, and returns its digest. */
export function pushIndex(
  { registry }: Scene,
  repository: string,
  tag: string,
  digests: readonly string[],
): string {
  const manifests = digests.map((digest) => ({
    mediaType: manifestMediaType,
    digest,
    size: registry.store.manifest(repository, digest)?.bytes.length,
  }));
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: indexMediaType, manifests }));
  registry.store.putManifest(repository, { mediaType: indexMediaType, bytes }, tag);
  return digestOf(bytes);
}
