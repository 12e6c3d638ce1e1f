import type { Digest } from "../release/digest.ts";
import { Failure } from "../release/failure.ts";
import { formatReference, type ImageReference } from "../release/reference.ts";
import { type Release, referencesOf } from "../release/release.ts";
import type { Credentials } from "./credentials.ts";
import { registryLimits } from "./limits.ts";
import { blobsOf, type Descriptor, type ManifestContent, parseManifest } from "./manifest.ts";
import { inParallel } from "./parallel.ts";
import { corrupted } from "./refusals.ts";
import { Registries } from "./registries.ts";
import type { Repository } from "./repository.ts";

export interface ImageRules {
  /** Compressed bytes that an image must stay below, for each platform; default 10^9. */
  sizeLimit?: number;
  /** `os/architecture` or `os/architecture/variant` that the hosts need; default `linux/amd64`. */
  platforms?: readonly string[];
  signal?: AbortSignal;
}

/** What was found of one image. */
export interface ImageSize {
  digest: Digest;
  /** Compressed bytes, configuration included, of the largest platform. */
  bytes: number;
}

const defaultPlatforms = ["linux/amd64"];

const named = (service: string, image: ImageReference) =>
  `${service} (${image.registry}/${image.repository}@${image.digest})`;

async function readContent(repository: Repository, digest: Digest, name: string): Promise<ManifestContent> {
  const manifest = await repository.manifest(digest);
  if (!manifest)
    throw new Failure({
      code: "ImageMissing",
      message: `expected the registry to serve ${name}, it does not know ${digest}`,
      hint: "Push the image again, or promote a release whose images exist.",
    });
  const content = parseManifest(manifest.bytes);
  if (!content) throw corrupted(name, "its manifest is not an image's or an index's");
  return content;
}

function fits(descriptor: Descriptor, platform: string): boolean {
  const [os, architecture, variant] = platform.split("/");
  const offered = descriptor.platform;
  return (
    offered?.os === os &&
    offered?.architecture === architecture &&
    (variant === undefined || offered?.variant === variant)
  );
}

/** The images that hosts of these platforms would run. */
async function imagesFor(
  repository: Repository,
  digest: Digest,
  name: string,
  platforms: readonly string[],
): Promise<ManifestContent[]> {
  const content = await readContent(repository, digest, name);
  if (content.kind === "image") return [content];
  return Promise.all(
    platforms.map(async (platform) => {
      const fitting = content.manifests.find((m) => fits(m, platform));
      if (!fitting) throw corrupted(name, `its index has no manifest for ${platform}`);
      const image = await readContent(repository, fitting.digest, name);
      if (image.kind === "index") throw corrupted(name, "an index within its index");
      return image;
    }),
  );
}

async function verifyImage(
  repository: Repository,
  service: string,
  image: ImageReference,
  { sizeLimit = registryLimits.image, platforms = defaultPlatforms }: ImageRules,
): Promise<ImageSize> {
  const name = named(service, image);
  const contents = await imagesFor(repository, image.digest, name, platforms);
  const bytes = Math.max(
    ...contents.map((content) => blobsOf(content).reduce((sum, { size }) => sum + size, 0)),
  );
  if (bytes >= sizeLimit)
    throw new Failure({
      code: "ImageTooLarge",
      message: `${name}: expected less than ${sizeLimit} compressed bytes, its manifest says ${bytes}`,
      hint: "Make the image smaller, or raise the limit.",
      fault: "user",
    });
  const blobs = new Map(contents.flatMap(blobsOf).map((blob) => [blob.digest, blob]));
  const configs = new Set(
    contents.flatMap((content) => (content.kind === "image" ? content.config.digest : [])),
  );
  await inParallel([...blobs.values()], registryLimits.parallel, async (blob) => {
    const size = configs.has(blob.digest)
      ? await configSize(repository, blob)
      : await repository.blobSize(blob.digest);
    if (size === undefined) throw corrupted(name, `the registry does not serve its blob ${blob.digest}`);
    if (size !== "unknown" && size !== blob.size)
      throw corrupted(name, `expected blob ${blob.digest} with ${blob.size} bytes, the registry has ${size}`);
  });
  return { digest: image.digest, bytes };
}

/** A configuration is read instead of asked for: that proves more, and whoever looks at its labels next has it already. */
async function configSize(repository: Repository, blob: Descriptor): Promise<number | "unknown" | undefined> {
  if (blob.size > registryLimits.config) return repository.blobSize(blob.digest);
  return (await repository.blob(blob, registryLimits.config)).length;
}

/**
 * Proves that each image of a release is there: its manifest under its digest, its configuration and every layer, with the sizes
 * that the manifest states, for every platform that the hosts need, and below the size limit.
 * @param access the promotion's registries, or the credentials of one registry
 * @returns sizes, by service
 * @throws Failure `ImageMissing`, `ImageTooLarge`, `ImageCorrupted`, `RegistryUnavailable`: the first of them, in the order of services
 */
export async function verifyImages(
  release: Release,
  access: Registries | Credentials | undefined,
  rules: ImageRules = {},
): Promise<Record<string, ImageSize>> {
  const registries =
    access instanceof Registries ? access : new Registries({ credentials: access ? [access] : [] });
  // Services may share an image.
  const proving = new Map<string, Promise<ImageSize>>();
  const results = await Promise.allSettled(
    Object.entries(referencesOf(release)).map(async ([service, image]) => {
      const key = formatReference(image);
      const repository = registries.repository(image.registry, image.repository, { signal: rules.signal });
      const proof = proving.get(key) ?? verifyImage(repository, service, image, rules);
      proving.set(key, proof);
      return [service, await proof] as const;
    }),
  );
  const bad = results.find((result) => result.status === "rejected");
  if (bad) throw bad.reason;
  return Object.fromEntries(results.flatMap((r) => (r.status === "fulfilled" ? [r.value] : [])));
}
