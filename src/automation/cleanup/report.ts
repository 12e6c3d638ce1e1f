import { type CleanupPlan, type CleanupStep, percentOf } from "../../plan/retention/cleanup.ts";
import type { Origin } from "../../plan/retention/stored.ts";
import type { Means, Survey } from "./survey.ts";

/** An image that goes, or has gone. */
export interface GoneVersion {
  repository: string;
  digest: string;
  tags: readonly string[];
  /** Bytes that nothing else needs. */
  frees: number;
  /** Why it is still there: GitHub's words. */
  refused?: string;
}

/** What crossing a threshold came to. */
export interface CleanupStepReport {
  of: Origin;
  /** Per cent. */
  threshold: number;
  versions: GoneVersion[];
}

/** What a host has had too much. */
export interface HostCleanup {
  environment: string;
  host: string;
  /** Bytes of the disk that has the images. */
  disk?: { used: number; total: number };
  images: number;
  bytes: number;
  /** Stopped containers of a release that nobody goes back to. */
  containers: number;
  /** Why it was not looked at. */
  problem?: string;
}

/** What is stored, what goes or has gone, and why the rest stays. */
export interface CleanupReport {
  /** False: nothing was deleted. */
  applied: boolean;
  /** Bytes that may be in use. */
  limit: number;
  /** Bytes in use; `after` is what was read again afterwards, or without `applied` what it would be. */
  use: { before: number; after: number; percentBefore: number; percentAfter: number };
  critical: boolean;
  repositories: number;
  versions: number;
  steps: CleanupStepReport[];
  /** How many versions stay, by reason; the most frequent first. */
  stays: { why: string; versions: number }[];
  hosts: HostCleanup[];
  /** Requests to GitHub, and manifests read from the registry. */
  requests: { listing: number; deleting: number; manifests: number };
  /** Why it ended early; the next one goes on. */
  stopped?: string;
}

/** Reasons with how often, whatever digest they name. */
export function countReasons({ stays }: CleanupPlan): CleanupReport["stays"] {
  const counts = new Map<string, number>();
  for (const why of stays.values()) {
    const kind = why.replace(/^(belongs to|is part of) [0-9a-f]{12},.*$/, "$1 something that stays");
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([why, versions]) => ({ why, versions })).sort((a, b) => b.versions - a.versions);
}

/** A step as it would be carried out. */
export const planned = ({ of, threshold, leaving }: CleanupStep): CleanupStepReport => ({
  of,
  threshold,
  versions: leaving.map(({ version: { repository, digest, tags }, frees }) => ({
    repository,
    digest,
    tags,
    frees,
  })),
});

/** What a clean-up came to: the first look at everything, and what was there in the end. Manifests that were read are kept for the next one. */
export function reportOf(
  first: Survey,
  after: number,
  means: Means,
  found: Pick<CleanupReport, "applied" | "steps" | "hosts" | "stopped" | "stays">,
): CleanupReport {
  const { use, limit, critical } = first.plan;
  means.manifests.save(new Set(first.versions.map(({ digest }) => digest)));
  return {
    ...found,
    limit,
    use: { before: use, after, percentBefore: percentOf(use, limit), percentAfter: percentOf(after, limit) },
    critical,
    repositories: new Set(first.versions.map(({ repository }) => repository)).size,
    versions: first.versions.length,
    requests: { ...means.packages.requests, manifests: means.storage.read },
  };
}
