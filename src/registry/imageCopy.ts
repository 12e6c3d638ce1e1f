import type { Digest } from "../release/digest.ts";
import { Failure } from "../release/failure.ts";
import { attachReferrers, type Placement, placeTag } from "./attachments.ts";
import { copyBlob } from "./blobCopy.ts";
import type { ImageContent } from "./imageContent.ts";
import { registryLimits } from "./limits.ts";
import { blobsIn, type Descriptor, parseManifest } from "./manifest.ts";
import { inParallel } from "./parallel.ts";
import type { Repository } from "./repository.ts";

/** What was done so far. */
export interface CopyTally {
  mounted: number;
  streamedBytes: number;
  /** Digests of the blobs and manifests that are known to be in the target now. */
  done: Set<Digest>;
  /** How many there are. */
  all: number;
  /** Tags of signatures and the like that were left as the target had them, because it has more than the source. */
  kept: string[];
}

export const emptyTally = (content: ImageContent): CopyTally => ({
  mounted: 0,
  streamedBytes: 0,
  done: new Set(),
  all: content.manifests.size + content.blobs.length,
  kept: [],
});

async function copyBlobs(from: Repository, to: Repository, blobs: readonly Descriptor[], tally: CopyTally) {
  await inParallel(blobs, registryLimits.parallel, async (blob) => {
    const copied = await copyBlob(from, to, blob);
    tally.done.add(blob.digest);
    if (copied.how === "mounted") tally.mounted += 1;
    if (copied.how === "streamed") tally.streamedBytes += copied.bytes;
  });
}

/** Puts a manifest whose blobs are there. Of some that was only believed: the registry is believed when it objects. */
async function putManifest(
  from: Repository,
  to: Repository,
  { manifest, reference }: Placement,
  believed: ReadonlySet<Digest>,
  tally: CopyTally,
): Promise<void> {
  let said = await to.putManifest(manifest, reference);
  const blobs = blobsIn(manifest);
  if (said !== undefined && blobs.some(({ digest }) => believed.has(digest))) {
    to.memory.doubtBlobs();
    await copyBlobs(from, to, blobs, tally);
    said = await to.putManifest(manifest, reference);
  }
  if (said !== undefined)
    throw new Failure({
      code: "CopyFailed",
      message: `expected ${to.fullName} to take the manifest ${manifest.digest}${reference === manifest.digest ? "" : ` as ${reference}`}: ${said}`,
    });
  tally.done.add(manifest.digest);
}

export interface ImageCopyOptions {
  /** Ask for each manifest whether it is there already. Otherwise it is put: what is there is then put again, and changes nothing. */
  askFirst: boolean;
}

/** What the target lacks of an image, in the order in which a registry takes it. What it has is counted as done. */
async function missingOf(
  to: Repository,
  content: ImageContent,
  tally: CopyTally,
  askFirst: boolean,
): Promise<Placement[]> {
  const isThere = async (digest: Digest) =>
    to.memory.manifest(digest) !== undefined || (askFirst && (await to.hasManifest(digest)));
  // Whoever has the image's own manifest has all that it lists.
  const whole = await isThere(content.digest);
  const tagged = new Set(content.tags.values());
  const placements: Placement[] = [];
  for (const manifest of content.manifests.values()) {
    const { digest } = manifest;
    const own = content.own.has(digest);
    if (own ? whole : !tagged.has(digest) && (await isThere(digest))) {
      to.memory.holds(manifest);
      for (const part of [manifest, ...blobsIn(manifest)]) tally.done.add(part.digest);
    } else if (own || !tagged.has(digest)) placements.push({ manifest, reference: digest });
  }
  for (const [tag, digest] of content.tags) {
    const manifest = content.manifests.get(digest);
    const placement = manifest && (await placeTag(to, tag, manifest));
    if (manifest && placement === "there") to.memory.holds(manifest);
    if (placement === "kept") tally.kept.push(tag);
    if (typeof placement === "object") placements.push(placement);
    else for (const part of manifest ? [manifest, ...blobsIn(manifest)] : []) tally.done.add(part.digest);
  }
  return placements;
}

/**
 * Copies an image with everything that refers to it from one repository to another. All digests stay. All blobs go first, then the
 * manifests that list blobs, then those that list manifests.
 * @param tally is counted up, also when it fails
 * @throws Failure `CopyFailed`, `ImageCorrupted`, `RegistryUnavailable`
 */
export async function copyImage(
  from: Repository,
  to: Repository,
  content: ImageContent,
  tally: CopyTally,
  { askFirst }: ImageCopyOptions,
): Promise<void> {
  const { parallel } = registryLimits;
  const placements = await missingOf(to, content, tally, askFirst);
  const blobs = new Map(placements.flatMap(({ manifest }) => blobsIn(manifest)).map((b) => [b.digest, b]));
  const believed = new Set([...blobs.keys()].filter((digest) => to.memory.hasBlob(digest)));
  await copyBlobs(from, to, [...blobs.values()], tally);
  const put = (placement: Placement) => putManifest(from, to, placement, believed, tally);
  const lists = ({ manifest }: Placement) => parseManifest(manifest.bytes)?.kind === "index";
  await inParallel(
    placements.filter((placement) => !lists(placement)),
    parallel,
    put,
  );
  for (const placement of placements.filter(lists)) await put(placement);
  // Within one registry, which has the referrers API, it lists them of itself.
  if (from.client === to.client) return;
  for (const [subject, referrers] of content.listed) await attachReferrers(to, subject, referrers);
}
