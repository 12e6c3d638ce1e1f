import { type Bundle, bundle } from "./bundles.ts";
import { orderOfLeaving, orderWithin } from "./order.ts";
import type { RetentionPolicy } from "./policy.ts";
import { type Protection, staying } from "./staying.ts";
import { keyOf, type Origin, type StoredVersion } from "./stored.ts";
import { StorageUse } from "./use.ts";

/** Everything that decides what goes, as plain data. The clock is in it. */
export interface CleanupFacts {
  now: Date;
  versions: readonly StoredVersion[];
  protection: Protection;
  policy: Pick<RetentionPolicy, "storage" | "thresholds">;
}

/** A version that goes, in its place in the order. */
export interface LeavingVersion {
  version: StoredVersion;
  /** Bytes that nothing else needs once it is gone. */
  frees: number;
}

/** What crossing a threshold leads to. */
export interface CleanupStep {
  /** Old images of development and staging, or of production. */
  of: Origin;
  /** Per cent: it is gone on until no more than this is in use. */
  threshold: number;
  /** In the order in which they go: an index before its parts, an image before its signatures, the oldest first. */
  leaving: readonly LeavingVersion[];
  /** Bytes in use afterwards. */
  after: number;
}

/** What is stored, what goes, and why the rest stays. */
export interface CleanupPlan {
  /** Bytes in use, and those that may be. */
  use: number;
  limit: number;
  /** True above the critical threshold: people have to know. */
  critical: boolean;
  /** Those with something to do. */
  steps: readonly CleanupStep[];
  /** Why each version stays that does, by key. */
  stays: ReadonlyMap<string, string>;
}

/** Per cent of the limit, as people read it: one decimal. */
export const percentOf = (bytes: number, limit: number): number => Math.round((bytes / limit) * 1000) / 10;

/**
 * What each group counts as. What has been in production is not thrown away as something on trial, whatever it is bundled with; nor is a
 * part of it.
 */
function originsOf(order: readonly (readonly Bundle[])[]): Map<readonly Bundle[], Origin> {
  const listed = new Set<Bundle>();
  const origins = order.map((group): [readonly Bundle[], Origin] => {
    const all = group.flatMap(({ versions }) => versions);
    const production =
      group.some((one) => listed.has(one)) || all.some(({ origin }) => origin === "production");
    if (production) for (const { members } of group) for (const member of members) listed.add(member);
    return [group, production ? "production" : "staging"];
  });
  return new Map(origins);
}

/**
 * Plans a clean-up (specification, "Retention and clean-up"): above the warning threshold old images of development and staging go, the
 * oldest first, until that is met. Still above the critical one, old images of production go too, until that is. What anybody runs, pins
 * or may have to go back to stays, with its parts, signatures and attestations.
 */
export function planCleanup({ now, versions, protection, policy }: CleanupFacts): CleanupPlan {
  const { storage: limit, thresholds } = policy;
  const bundles = bundle(versions);
  const stays = staying(bundles, protection, now);
  const going = bundles.filter((one) => one.versions.every((version) => !stays.has(keyOf(version))));
  const use = new StorageUse(versions);
  const before = use.bytes;
  const order = orderOfLeaving(going);
  const origins = originsOf(order);
  const gone = new Set<Bundle>();
  const stepOf = (of: Origin, threshold: number): CleanupStep => {
    const most = (limit * threshold) / 100;
    const leaving: LeavingVersion[] = [];
    for (const group of order) {
      if (use.bytes <= most) break;
      if (origins.get(group) !== of) continue;
      for (const one of group) gone.add(one);
      for (const version of orderWithin(group)) leaving.push({ version, frees: use.remove(version) });
    }
    return { of, threshold, leaving, after: use.bytes };
  };
  const first =
    before > (limit * thresholds.warning) / 100 ? stepOf("staging", thresholds.warning) : undefined;
  const second =
    use.bytes > (limit * thresholds.critical) / 100 ? stepOf("production", thresholds.critical) : undefined;
  const steps = [first, second].flatMap((step) => (step && step.leaving.length > 0 ? [step] : []));
  for (const one of going)
    if (!gone.has(one)) for (const version of one.versions) stays.set(keyOf(version), "need not go");
  return { use: before, limit, critical: before > (limit * thresholds.critical) / 100, steps, stays };
}
