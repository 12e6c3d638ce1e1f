import { keyOf, type StoredVersion } from "./stored.ts";

/**
 * An image with everything that says something about it: signatures, attestations, bills of materials, the index that lists them. It
 * stays, or goes, as a whole.
 */
export interface Bundle {
  versions: StoredVersion[];
  /** Bundles that hold something which an index of this one lists. */
  members: Set<Bundle>;
}

/**
 * A tag that ties what it names to another manifest, where a registry has no referrers API: `sha256-<hex>` for an index of what refers to
 * it (OCI distribution specification 1.1), with `.sig`, `.att` or `.sbom` for what cosign attaches.
 */
const fallback = /^sha256-([0-9a-f]{64})(?:\.(?:sig|att|sbom))?$/;

/** Digests that a version says something about. */
export function subjectsOf({ tags, content }: StoredVersion): string[] {
  const named = tags.flatMap((tag) => {
    const hex = fallback.exec(tag)?.[1];
    return hex === undefined ? [] : [`sha256:${hex}`];
  });
  return content?.subject === undefined ? named : [...named, content.subject];
}

/** True for what is nothing by itself: a signature, an attestation, a list of such. What also has a tag of another kind is more. */
export const speaksOnly = (version: StoredVersion): boolean =>
  subjectsOf(version).length > 0 && version.tags.every((tag) => fallback.test(tag));

/** Bundles everything that belongs together, and says which bundle an index of which other one needs. */
export function bundle(versions: readonly StoredVersion[]): Bundle[] {
  const byKey = new Map<string, StoredVersion>();
  const parents = new Map<string, string>();
  const rootOf = (key: string): string => {
    let root = key;
    for (let up = parents.get(root); up !== undefined && up !== root; up = parents.get(root)) root = up;
    // The way is shortened, or a long chain of referrers would be walked again and again.
    for (let at = key; at !== root; ) {
      const up = parents.get(at) ?? root;
      parents.set(at, root);
      at = up;
    }
    return root;
  };
  for (const version of versions) {
    byKey.set(keyOf(version), version);
    parents.set(keyOf(version), keyOf(version));
  }
  // What refers to something that is not there is tied to what else does: it may be on its way.
  for (const version of versions)
    for (const digest of subjectsOf(version)) {
      const subject = keyOf({ repository: version.repository, digest });
      if (!parents.has(subject)) parents.set(subject, subject);
      parents.set(rootOf(keyOf(version)), rootOf(subject));
    }
  const bundles = new Map<string, Bundle>();
  const bundleOf = (key: string): Bundle => {
    const root = rootOf(key);
    const known = bundles.get(root) ?? { versions: [], members: new Set() };
    bundles.set(root, known);
    return known;
  };
  for (const [key, version] of byKey) bundleOf(key).versions.push(version);
  for (const [key, { repository, content }] of byKey)
    for (const digest of content?.members ?? []) {
      const member = keyOf({ repository, digest });
      if (!byKey.has(member)) continue;
      const [from, to] = [bundleOf(key), bundleOf(member)];
      if (from !== to) from.members.add(to);
    }
  return [...bundles.values()];
}
