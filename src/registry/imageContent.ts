import { type Digest, isDigest } from "../release/digest.ts";
import { Failure } from "../release/failure.ts";
import { registryLimits } from "./limits.ts";
import { blobsIn, type Descriptor, parseManifest, type StoredManifest } from "./manifest.ts";
import { corrupted } from "./refusals.ts";
import { fallbackTag, type Repository } from "./repository.ts";

/** Every manifest that belongs to an image: its platforms', and those of everything that refers to it. */
export interface ImageContent {
  digest: Digest;
  /** By digest, each after those that it lists: the order in which a registry takes them. */
  manifests: ReadonlyMap<Digest, StoredManifest>;
  /** The image's own among them; the others refer to it. */
  own: ReadonlySet<Digest>;
  /** Tags of what refers to it: cosign's, and the fallback tag of the distribution specification. */
  tags: ReadonlyMap<string, Digest>;
  /** By subject, what the registry's referrers API lists. */
  listed: ReadonlyMap<Digest, readonly Descriptor[]>;
  /** Blobs of all manifests, each once. */
  blobs: readonly Descriptor[];
}

/** Tags under which cosign keeps signatures, attestations and bills of material of a digest. */
export const cosignTags = (digest: Digest): string[] =>
  ["sig", "att", "sbom"].map((kind) => `${fallbackTag(digest)}.${kind}`);

const isFallbackTag = (tag: string): boolean => /^sha256-[0-9a-f]{64}$/.test(tag);

/**
 * Reads all manifests of an image. What was read before in the same promotion is not read again; with that, an image to which
 * nothing refers costs two requests at most: its manifest and the list of tags.
 * @param name as people know it, for failures
 * @throws Failure `ImageMissing`, `ImageCorrupted` (also: more manifests, levels or bytes than the limits), `RegistryUnavailable`
 */
export async function readImageContent(
  source: Repository,
  digest: Digest,
  name: string,
): Promise<ImageContent> {
  const manifests = new Map<Digest, StoredManifest>();
  const own = new Set<Digest>();
  const tags = new Map<string, Digest>();
  const listed = new Map<Digest, readonly Descriptor[]>();
  const seen = new Set<Digest>();
  let bytes = 0;

  const admit = (manifest: StoredManifest, depth: number) => {
    seen.add(manifest.digest);
    bytes += manifest.bytes.length;
    if (depth > registryLimits.depth)
      throw corrupted(name, `more than ${registryLimits.depth} levels of manifests`);
    if (seen.size > registryLimits.manifests)
      throw corrupted(name, `more than ${registryLimits.manifests} manifests belong to it`);
    if (bytes > registryLimits.manifestBytes)
      throw corrupted(name, `its manifests have more than ${registryLimits.manifestBytes} bytes`);
  };

  const read = async (wanted: Digest, depth: number, mine: boolean): Promise<void> => {
    if (seen.has(wanted)) return;
    const manifest = await source.manifest(wanted);
    if (manifest) return visit(manifest, depth, mine);
    if (wanted !== digest) throw corrupted(name, `the registry does not serve its manifest ${wanted}`);
    throw new Failure({
      code: "ImageMissing",
      message: `expected the registry to serve ${name}, it does not know ${digest}`,
      hint: "Push the image again, or promote a release whose images exist.",
    });
  };

  const visit = async (manifest: StoredManifest, depth: number, mine: boolean, tag = ""): Promise<void> => {
    if (seen.has(manifest.digest)) return;
    admit(manifest, depth);
    if (mine) own.add(manifest.digest);
    const content = parseManifest(manifest.bytes);
    if (!content) throw corrupted(name, `${manifest.digest} is not an image's manifest or an index`);
    if (content.kind === "index")
      for (const member of content.manifests) await read(member.digest, depth + 1, mine);
    manifests.set(manifest.digest, manifest);
    // Nothing refers to a fallback tag's index: it is no content, it only lists some.
    if (!isFallbackTag(tag)) await visitAttached(manifest.digest, depth + 1);
  };

  const visitAttached = async (subject: Digest, depth: number): Promise<void> => {
    // Both at once: for most images the answers are two short lists without this digest in them.
    const [referrers] = await Promise.all([source.listedReferrers(subject), source.tags()]);
    if (referrers && referrers.length > 0) listed.set(subject, referrers);
    for (const referrer of referrers ?? []) await read(referrer.digest, depth, false);
    for (const tag of [fallbackTag(subject), ...cosignTags(subject)]) {
      const manifest = await source.tagged(tag);
      if (!manifest) continue;
      await visit(manifest, depth, false, tag);
      tags.set(tag, manifest.digest);
    }
  };

  if (!isDigest(digest)) throw corrupted(name, "it is not pinned by digest");
  await read(digest, 1, true);
  const blobs = new Map([...manifests.values()].flatMap(blobsIn).map((blob) => [blob.digest, blob]));
  return { digest, manifests, own, tags, listed, blobs: [...blobs.values()] };
}
