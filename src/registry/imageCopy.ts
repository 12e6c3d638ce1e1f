import type { Digest } from "../release/digest.ts";
import { Failure } from "../release/failure.ts";
import { attachReferrers, attachTag } from "./attachments.ts";
import { copyBlob } from "./blobCopy.ts";
import type { ImageContent } from "./imageContent.ts";
import { registryLimits } from "./limits.ts";
import { blobsOf, type Descriptor, parseManifest, type StoredManifest } from "./manifest.ts";
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

function blobsIn(manifest: StoredManifest): Descriptor[] {
  const content = parseManifest(manifest.bytes);
  return content ? blobsOf(content) : [];
}

async function copyBlobs(from: Repository, to: Repository, blobs: readonly Descriptor[], tally: CopyTally) {
  await inParallel(blobs, registryLimits.parallel, async (blob) => {
    const copied = await copyBlob(from, to, blob);
    tally.done.add(blob.digest);
    if (copied.how === "mounted") tally.mounted += 1;
    if (copied.how === "streamed") tally.streamedBytes += copied.bytes;
  });
}

/** Puts a manifest after its blobs. What is believed to be there already is not asked for; the registry is believed when it objects. */
async function copyManifest(
  from: Repository,
  to: Repository,
  manifest: StoredManifest,
  tally: CopyTally,
): Promise<void> {
  const blobs = blobsIn(manifest);
  const assumed = blobs.some((blob) => to.memory.hasBlob(blob.digest));
  await copyBlobs(from, to, blobs, tally);
  let said = await to.putManifest(manifest);
  if (said !== undefined && assumed) {
    to.memory.doubtBlobs();
    await copyBlobs(from, to, blobs, tally);
    said = await to.putManifest(manifest);
  }
  if (said !== undefined)
    throw new Failure({
      code: "CopyFailed",
      message: `expected ${to.fullName} to take the manifest ${manifest.digest}: ${said}`,
    });
  tally.done.add(manifest.digest);
}

export interface ImageCopyOptions {
  /** Ask for each manifest whether it is there already. Otherwise it is put: what is there is then put again, and changes nothing. */
  askFirst: boolean;
}

/**
 * Copies an image with everything that refers to it from one repository to another. All digests stay.
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
  const isThere = async (digest: Digest) =>
    to.memory.manifest(digest) !== undefined || (askFirst && (await to.hasManifest(digest)));
  // Whoever has the image's own manifest has all that it lists.
  const whole = await isThere(content.digest);
  const tagged = new Set(content.tags.values());
  for (const manifest of content.manifests.values()) {
    const { digest } = manifest;
    const own = content.own.has(digest);
    if (own ? whole : await isThere(digest)) {
      to.memory.holds(manifest);
      for (const part of [manifest, ...blobsIn(manifest)]) tally.done.add(part.digest);
      continue;
    }
    // What has a tag is put under it, below.
    if (own || !tagged.has(digest)) await copyManifest(from, to, manifest, tally);
    else await copyBlobs(from, to, blobsIn(manifest), tally);
  }
  for (const [tag, digest] of content.tags) {
    const manifest = content.manifests.get(digest);
    if (manifest && (await attachTag(to, tag, manifest)) === "kept") tally.kept.push(tag);
    tally.done.add(digest);
  }
  for (const [subject, referrers] of content.listed) await attachReferrers(to, subject, referrers);
}
