import { announceStorage } from "./announceStorage.ts";
import { Deleting } from "./cleanup/deleting.ts";
import { pruneHosts } from "./cleanup/hosts.ts";
import { type CleanupReport, countReasons, planned, reportOf } from "./cleanup/report.ts";
import { makeMeans, survey } from "./cleanup/survey.ts";
import { CleanupJournal, storageText } from "./cleanupJournal.ts";
import type { DriverContext } from "./context.ts";
import { readNeeds } from "./neededImages.ts";

/** Looks in a row after which deleting is left to the next clean-up: environments change all the time then. */
const rounds = 5;

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
