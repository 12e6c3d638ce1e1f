import { shortDigest } from "../../release/digest.ts";
import { type Bundle, speaksOnly, subjectsOf } from "./bundles.ts";
import { keyOf, type StoredVersion } from "./stored.ts";

/** What must not be deleted. */
export interface Protection {
  /** Why a digest stays, in whichever repository: it runs, is pinned, or may have to run again. */
  digests: ReadonlyMap<string, string>;
  /** Tags that people and machines pull by: what bears one stays. */
  tags: ReadonlySet<string>;
  /** Versions that cannot be deleted, with the reason: GitHub has refused it. By key. */
  refused?: ReadonlyMap<string, string>;
}

/** Why a version stays by itself; nothing when nothing speaks for it. */
function reasonFor(version: StoredVersion, protection: Protection, now: Date): string | undefined {
  const { digest, tags, content } = version;
  const own = protection.digests.get(digest);
  if (own !== undefined) return own;
  const tag = tags.find((name) => protection.tags.has(name));
  if (tag !== undefined) return `has the tag ${tag}`;
  const refused = protection.refused?.get(keyOf(version));
  if (refused !== undefined) return refused;
  if (!content) return "the registry does not show what it holds";
  // What it speaks of stays, even where it is not listed: it may have come a moment ago.
  for (const subject of subjectsOf(version)) {
    const why = protection.digests.get(subject);
    if (why !== undefined) return `belongs to ${shortDigest(subject)}, which ${why}`;
  }
  // A signature, or a report that is made anew every day, is as old as what it speaks of.
  return isOld(version, now) || speaksOnly(version) ? undefined : young(version);
}

const isOld = ({ created, age }: StoredVersion, now: Date) => now.getTime() - created.getTime() > age;

const young = ({ age }: StoredVersion) => `is younger than ${age / 86_400_000} days`;

/** The first version of a bundle that stays by itself, with its reason. */
function keeperOf(bundle: Bundle, protection: Protection, now: Date) {
  for (const version of bundle.versions) {
    const why = reasonFor(version, protection, now);
    if (why !== undefined) return { version, why };
  }
  // Nothing but what speaks of something that is not there: then its own age counts.
  const fresh = bundle.versions.find((version) => !isOld(version, now));
  return fresh && bundle.versions.every(speaksOnly) ? { version: fresh, why: young(fresh) } : undefined;
}

/**
 * Why each version stays, by key; what is not in it may go. Whatever stays keeps all of its bundle, and everything that its indexes list.
 */
export function staying(bundles: readonly Bundle[], protection: Protection, now: Date): Map<string, string> {
  const reasons = new Map<string, string>();
  const queue: Bundle[] = [];
  const keep = (bundle: Bundle, why: (version: StoredVersion) => string) => {
    if (bundle.versions.every((version) => reasons.has(keyOf(version)))) return;
    for (const version of bundle.versions) reasons.set(keyOf(version), why(version));
    queue.push(bundle);
  };
  for (const bundle of bundles) {
    const keeper = keeperOf(bundle, protection, now);
    if (!keeper) continue;
    const name = shortDigest(keeper.version.digest);
    keep(bundle, (version) =>
      version === keeper.version
        ? keeper.why
        : (reasonFor(version, protection, now) ?? `belongs to ${name}, which ${keeper.why}`),
    );
  }
  // Grows while it is walked.
  for (const bundle of queue) {
    const index = bundle.versions.find(({ content }) => (content?.members.length ?? 0) > 0);
    const name = shortDigest(index?.digest ?? "");
    for (const member of bundle.members) keep(member, () => `is part of ${name}, which stays`);
  }
  return reasons;
}
