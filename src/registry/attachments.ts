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

async function put(to: Repository, manifest: StoredManifest, tag: string): Promise<void> {
  const said = await to.putManifest(manifest, tag);
  if (said === undefined) return;
  throw new Failure({
    code: "CopyFailed",
    message: `expected ${to.fullName} to take ${manifest.digest} as ${tag}: ${said}`,
  });
}

/**
 * Gives the target the tag of something that refers to an image. What the target has under it is not lost: where the source has all of
 * that it is replaced, two indexes become one, and otherwise the target's own stays.
 * @returns `kept` in that last case
 */
export async function attachTag(
  to: Repository,
  tag: string,
  manifest: StoredManifest,
): Promise<"attached" | "there" | "kept"> {
  const present = await to.digestOf(tag);
  if (present === manifest.digest) return "there";
  const theirs = present && (await to.manifest(present));
  const ours = entriesOf(manifest);
  const extra = (theirs ? entriesOf(theirs) : []).filter((e) => !ours.some((o) => o.digest === e.digest));
  const isIndex = parseManifest(manifest.bytes)?.kind === "index";
  if (extra.length > 0 && !isIndex) return "kept";
  await put(to, extra.length > 0 ? indexOf([...ours, ...extra]) : manifest, tag);
  return "attached";
}

/** Makes sure that the target lists what refers to a subject: a registry without the referrers API needs the fallback tag for it. */
export async function attachReferrers(
  to: Repository,
  subject: Digest,
  referrers: readonly Descriptor[],
): Promise<void> {
  const listed = await to.referrers(subject);
  const missing = referrers.filter((r) => !listed.some((l) => l.digest === r.digest));
  if (missing.length > 0) await put(to, indexOf([...listed, ...missing]), fallbackTag(subject));
}
