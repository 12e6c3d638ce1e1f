import { join } from "node:path";
import { requireGitHub } from "../github/client.ts";
import { Packages } from "../github/packages.ts";
import { FleetConnections } from "../hosts/fleet.ts";
import { ledgerPlace } from "../ledger/place.ts";
import { type CleanupPlan, type CleanupStep, percentOf, planCleanup } from "../plan/retention/cleanup.ts";
import { protectedDigests, rollbackWindow } from "../plan/retention/protection.ts";
import { keyOf, type Origin } from "../plan/retention/stored.ts";
import type { Credentials } from "../registry/credentials.ts";
import { Registries } from "../registry/registries.ts";
import { shortDigest } from "../release/digest.ts";
import { Failure } from "../release/failure.ts";
import { releaseId } from "../release/release.ts";
import { announceStorage } from "./announceStorage.ts";
import { CleanupJournal, storageText } from "./cleanupJournal.ts";
import type { DriverContext } from "./context.ts";
import { ManifestFile } from "./manifestFile.ts";
import { type EnvironmentNeeds, readNeeds } from "./neededImages.ts";
import { type ListedVersion, repositoryRules, StoredImages } from "./storedImages.ts";
import { variablesOf } from "./telling.ts";

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

/** What a clean-up works with. */
interface Means {
  packages: Packages;
  storage: StoredImages;
  manifests: ManifestFile;
}

/** What is known at one moment. */
interface Survey {
  needs: readonly EnvironmentNeeds[];
  versions: readonly ListedVersion[];
  plan: CleanupPlan;
}

/** Deletions between two looks at whether anybody deploys meanwhile, and between two entries of the journal. */
const batch = 50;

/** Milliseconds for which the journals are believed not to have changed; who holds an environment is asked before every batch. */
const provenFor = 5_000;

/** Looks in a row after which deleting is left to the next clean-up: environments change all the time then. */
const rounds = 5;

function makeMeans(context: DriverContext, needs: readonly EnvironmentNeeds[]): Means {
  const packages = new Packages(requireGitHub(variablesOf(context)));
  const credentials = needs.flatMap(({ outputs }): Credentials[] => {
    const { registry } = outputs.access;
    return registry ? [{ server: registry.server, username: registry.username, token: registry.token }] : [];
  });
  const { directory } = ledgerPlace(context.workDirectory, variablesOf(context));
  const manifests = new ManifestFile(join(directory, "clean-up", "manifests"));
  return {
    packages,
    manifests,
    storage: new StoredImages(packages, new Registries({ credentials }), manifests),
  };
}

const smallest = (all: readonly number[]) => Math.min(...all);

async function survey(
  context: DriverContext,
  means: Means,
  needs: readonly EnvironmentNeeds[],
  refused: ReadonlyMap<string, string>,
): Promise<Survey> {
  const versions = await means.storage.list(repositoryRules(needs));
  const policies = needs.map(({ retention }) => retention);
  const plan = planCleanup({
    now: context.now(),
    versions,
    protection: {
      digests: protectedDigests(needs.map(({ images }) => images)),
      tags: new Set(["latest", ...needs.flatMap(({ tag }) => tag ?? [])]),
      refused,
    },
    policy: {
      storage: smallest(policies.map(({ storage }) => storage)),
      thresholds: {
        warning: smallest(policies.map(({ thresholds }) => thresholds.warning)),
        critical: smallest(policies.map(({ thresholds }) => thresholds.critical)),
      },
    },
  });
  return { needs, versions, plan };
}

/**
 * Who deploys now, if anybody does; and whether anything was journaled since the environments were read.
 * @param whole false: only the former, which costs next to nothing
 */
async function meanwhile(
  context: DriverContext,
  needs: readonly EnvironmentNeeds[],
  whole: boolean,
): Promise<{ held: string } | "changed" | "quiet"> {
  const ledger = await context.ledger();
  const found = await Promise.all(
    needs.map(async ({ images: { environment }, seq }) => {
      const holder = await ledger.current(environment);
      if (holder) return { held: `${holder.promotion} is under way in ${environment}` };
      return whole && (await ledger.read(environment, seq)).length > 0 ? "changed" : "quiet";
    }),
  );
  return found.find((one) => typeof one === "object") ?? found.find((one) => one === "changed") ?? "quiet";
}

/** How carrying a step out ended: everything has gone, something changed meanwhile, or it was stopped. */
type Ending = "done" | "changed" | { stopped: string };

/** A step on its way: what has gone so far, and what GitHub refused, by key. */
class Deleting {
  readonly gone = new Map<Origin, CleanupStepReport>();
  readonly refused = new Map<string, string>();
  private readonly context: DriverContext;
  private readonly means: Means;
  private readonly journal: CleanupJournal;

  constructor(context: DriverContext, means: Means, journal: CleanupJournal) {
    this.context = context;
    this.means = means;
    this.journal = journal;
  }

  /** Deletes what a step says, as long as nobody else changes anything. */
  async carryOut(step: CleanupStep, { needs, versions }: Survey): Promise<Ending> {
    const listed = new Map(versions.map((version) => [keyOf(version), version]));
    const signal = () => this.context.interruption.signal;
    let proven = Number.NEGATIVE_INFINITY;
    for (let at = 0; at < step.leaving.length; at += batch) {
      if (signal() !== undefined) return { stopped: `stopped by ${signal()}` };
      const whole = performance.now() - proven > provenFor;
      const now = await meanwhile(this.context, needs, whole);
      if (whole) proven = performance.now();
      if (typeof now === "object") return { stopped: now.held };
      if (now === "changed") return now;
      const next = step.leaving.slice(at, at + batch);
      const names = next.map(({ version }) => `${version.repository}@${shortDigest(version.digest)}`);
      const { of, threshold, leaving } = step;
      const payload = { of, threshold, done: at, versions: leaving.length };
      this.context.notify({ code: "cleanup.deleting", payload });
      await this.journal.note("deletes", `above ${step.threshold} %: ${names.join(" ")}`);
      for (const { version, frees } of next) {
        if (signal() !== undefined) break;
        const known = listed.get(keyOf(version));
        if (known) await this.deleteOne(step, known, frees);
      }
    }
    return signal() === undefined ? "done" : { stopped: `stopped by ${signal()}` };
  }

  private async deleteOne(step: CleanupStep, version: ListedVersion, frees: number): Promise<void> {
    const { repository, digest, tags } = version;
    const refused = await this.means.packages.delete(version.package, version.id);
    if (refused !== undefined) this.refused.set(keyOf(version), refused);
    const { of, threshold } = step;
    const report = this.gone.get(of) ?? { of, threshold, versions: [] };
    this.gone.set(of, report);
    report.versions.push({ repository, digest, tags, frees, ...(refused !== undefined && { refused }) });
    const deleted = [...this.gone.values()].flatMap(({ versions }) => versions).length - this.refused.size;
    // One or two may be the last of their packages. If nothing at all may be deleted, it is the token.
    if (deleted > 0 || this.refused.size < 5) return;
    throw new Failure({
      code: "GitHubRefused",
      message: `expected GitHub to delete old versions, it refused all of ${this.refused.size}: ${refused}`,
      hint: "Give the token delete:packages; in a workflow, packages: write, and the repository the role Admin on the packages.",
      fault: "user",
    });
  }
}

/** What the hosts have too much, removed or not. */
async function pruneHosts(needs: readonly EnvironmentNeeds[], apply: boolean): Promise<HostCleanup[]> {
  const digests = [...protectedDigests(needs.map(({ images }) => images)).keys()];
  const repositories = [...new Set(needs.flatMap((one) => [...one.repositories]))];
  const found = await Promise.all(
    needs.map(async ({ images, outputs }) => {
      using fleet = new FleetConnections(outputs.app, outputs.hosts, outputs.access.privateKey);
      const all = [...images.pinned, ...images.open, ...rollbackWindow(images)];
      const releases = [...new Set(all.map(releaseId))];
      return (await fleet.prune({ digests, repositories, releases }, apply)).map((host): HostCleanup => {
        const at = { environment: images.environment, host: host.host };
        if ("problem" in host) return { ...at, images: 0, bytes: 0, containers: 0, problem: host.problem };
        const bytes = host.images.reduce((sum, image) => sum + image.bytes, 0);
        return {
          ...at,
          disk: host.disk,
          images: host.images.length,
          bytes,
          containers: host.containers,
          ...(host.busy && { problem: "a deployment is at work" }),
        };
      });
    }),
  );
  return found.flat();
}

/** Reasons with how often, whatever digest they name. */
function countReasons({ stays }: CleanupPlan): CleanupReport["stays"] {
  const counts = new Map<string, number>();
  for (const why of stays.values()) {
    const kind = why.replace(/^(belongs to|is part of) [0-9a-f]{12},.*$/, "$1 something that stays");
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([why, versions]) => ({ why, versions })).sort((a, b) => b.versions - a.versions);
}

const planned = ({ of, threshold, leaving }: CleanupStep): CleanupStepReport => ({
  of,
  threshold,
  versions: leaving.map(({ version: { repository, digest, tags }, frees }) => ({
    repository,
    digest,
    tags,
    frees,
  })),
});

function reportOf(
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

/** Looks at what is stored, and says what a clean-up would delete. Changes nothing. */
async function rehearse(context: DriverContext): Promise<CleanupReport> {
  const needs = await readNeeds(context);
  const means = makeMeans(context, needs);
  const [first, hosts] = await Promise.all([
    survey(context, means, needs, new Map()),
    pruneHosts(needs, false),
  ]);
  const { steps, use } = first.plan;
  return reportOf(first, steps.at(-1)?.after ?? use, means, {
    applied: false,
    steps: steps.map(planned),
    hosts,
    stays: countReasons(first.plan),
  });
}

/** One survey after the other, each followed by what it says to delete, until nothing is left to do. */
async function work(context: DriverContext, journal: CleanupJournal): Promise<CleanupReport> {
  let needs = await readNeeds(context);
  const means = makeMeans(context, needs);
  const deleting = new Deleting(context, means, journal);
  const first = await survey(context, means, needs, deleting.refused);
  const { use, limit, critical } = first.plan;
  await journal.note("begins", `${storageText(use, limit)}, ${first.versions.length} versions`);
  if (critical) await announceStorage(context, { bytes: use, limit });
  let now = first;
  let stopped: string | undefined;
  for (let round = 1; now.plan.steps[0] && stopped === undefined; round++) {
    const ended = await deleting.carryOut(now.plan.steps[0], now);
    if (typeof ended === "object") stopped = ended.stopped;
    else if (round > rounds) stopped = `after ${rounds} rounds there is still more to go`;
    // What is stored, and what is needed, is read again: what a plan expected to be gone may still be there.
    needs = await readNeeds(context);
    now = await survey(context, means, needs, deleting.refused);
  }
  const hosts = stopped === undefined ? await pruneHosts(needs, true) : [];
  const steps = [...deleting.gone.values()];
  const report = reportOf(first, now.plan.use, means, {
    applied: true,
    steps,
    hosts,
    stays: countReasons(now.plan),
    ...(stopped !== undefined && { stopped }),
  });
  const count = steps.flatMap(({ versions }) => versions).length - deleting.refused.size;
  const summary = `${count} versions deleted, ${storageText(now.plan.use, limit)}`;
  // One that was stopped is not at its end: the next one may go on at once.
  if (stopped === undefined) await journal.note("ends", summary);
  return report;
}

/**
 * Deletes old images from the registry, and from the hosts, as far as the thresholds of `liftlock:retention` ask for it, and never what
 * any environment runs, pins or may have to go back to. Everything is journaled before it is deleted. Killed at any moment it has lost
 * nothing, and the next one goes on.
 * @param options `apply`: false shows what would go
 * @throws Failure `CleanupRefused` when it cannot be proven what must stay; `RateLimited`; `TokenMissing`, `GitHubUnavailable`,
 * `GitHubRefused`, `RegistryUnavailable`
 */
export async function cleanup(context: DriverContext, { apply }: { apply: boolean }): Promise<CleanupReport> {
  if (!apply) return rehearse(context);
  await using journal = await CleanupJournal.begin(context);
  return await work(context, journal);
}
