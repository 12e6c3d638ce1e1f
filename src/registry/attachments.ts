import type { Digest } from "../release/digest.ts";
import { Failure } from "../release/failure.ts";
import {
  blobsOf,
  type Descriptor,
  indexTypes,
  parseManifest,
  type StoredManifest,
  sha256,
} from "./manifest.ts";
import { fallbackTag, type Repository } from "./repository.ts";

/** What a manifest holds: layers of a signature image, members of an index. */
function entriesOf(manifest: StoredManifest): Descriptor[] {
  const content = parseManifest(manifest.bytes);
  if (!content) return [];
  return content.kind === "index" ? content.manifests : blobsOf(content).slice(1);
}

/** An index of these members; the same members in the same order give the same digest. */
function indexOf(members: readonly Descriptor[]): StoredManifest {
  const [mediaType] = indexTypes;
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests: members }));
  return { mediaType, digest: sha256(bytes), bytes };
}

/** A manifest that the target shall have, and the tag or digest under which it is put there. */
export interface Placement {
  manifest: StoredManifest;
  reference: string;
}

/**
 * How the target gets the tag of something that refers to an image. What the target has under it is not lost: where the source has all
 * of that it is replaced, two indexes become one, and otherwise the target's own stays.
 * @returns `there` when it has the same, `kept` when its own stays
 */
export async function placeTag(
  to: Repository,
  tag: string,
  manifest: StoredManifest,
): Promise<Placement | "there" | "kept"> {
  const tags = await to.tags();
  const present = tags && !tags.has(tag) ? undefined : await to.digestOf(tag);
  if (present === manifest.digest) return "there";
  const theirs = present && (await to.manifest(present));
  const ours = entriesOf(manifest);
  const extra = (theirs ? entriesOf(theirs) : []).filter((e) => !ours.some((o) => o.digest === e.digest));
  const isIndex = parseManifest(manifest.bytes)?.kind === "index";
  if (extra.length > 0 && !isIndex) return "kept";
  return { manifest: extra.length > 0 ? indexOf([...ours, ...extra]) : manifest, reference: tag };
}

/** Makes sure that another registry lists what refers to a subject: one without the referrers API needs the fallback tag for it. */
export async function attachReferrers(
  to: Repository,
  subject: Digest,
  referrers: readonly Descriptor[],
): Promise<void> {
  to.memory.doubtsReferrers(subject);
  const listed = await to.referrers(subject);
  const missing = referrers.filter((r) => !listed.some((l) => l.digest === r.digest));
  if (missing.length === 0) return;
  const index = indexOf([...listed, ...missing]);
  const said = await to.putManifest(index, fallbackTag(subject));
  if (said === undefined) return;
  throw new Failure({
    code: "CopyFailed",
    message: `expected ${to.fullName} to take ${index.digest} as ${fallbackTag(subject)}: ${said}`,
  });
}
