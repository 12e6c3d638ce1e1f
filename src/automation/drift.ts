import { judgeCertificates } from "../plan/certificate.ts";
import { classify } from "../plan/deployFailure.ts";
import { judgeExposure } from "../plan/exposure.ts";
import { judgeHostDrift, strayContainers } from "../plan/hostDrift.ts";
import { limits } from "../plan/limits.ts";
import { describeDrift, type PlannedChange, resourceName } from "../plan/preview.ts";
import { judgeHosts } from "../plan/verdict.ts";
import { asFailure, Failure } from "../release/failure.ts";
import { type Release, releaseId } from "../release/release.ts";
import { unadmitted } from "./admission.ts";
import { announceDrift, announceSettled } from "./announce.ts";
import type { Effect } from "./carryOut.ts";
import type { DriverContext } from "./context.ts";
import { declaredPorts } from "./declaredPorts.ts";
import { effects } from "./effects.ts";
import { describeOverwritten, isActionsSecret, overwrittenSecrets } from "./githubDrift.ts";
import type { Difference, DriftReport, SettledDrift } from "./messages.ts";
import type { Target } from "./ports.ts";
import { reporterOf } from "./reporter.ts";
import { factsOf, restore, verifyAtRest } from "./restore.ts";
import { type Held, takeLease } from "./run.ts";
import { type StackState, stackState } from "./stackState.ts";
import { Stopwatch } from "./stopwatch.ts";

/** What the trust policy says of the images that are meant to run, today: keys are withdrawn, and findings come up later. */
async function driftOfImages({ images }: Target, release: Release | undefined): Promise<Difference[]> {
  if (!release) return [];
  try {
    await images.verify(release);
    return [];
  } catch (thrown) {
    const { code, message } = asFailure(thrown);
    return [{ where: "registry", resource: `${release.version} (${code})`, what: message }];
  }
}

/** What the stack itself says against the pin. */
function driftOfState(
  { name, file, outputs }: Target,
  expected: Release | undefined,
  { pending }: StackState,
) {
  const found: Difference[] = [];
  const { deployed } = outputs;
  if (expected && deployed && deployed.id !== releaseId(expected))
    found.push({
      where: "state",
      resource: file.name,
      what: `pins ${expected.version}, but the stack has deployed ${deployed.release.version}`,
    });
  if (pending > 0)
    found.push({
      where: "state",
      resource: name,
      what: `${pending} ${pending === 1 ? "operation was" : "operations were"} begun whose end nobody saw`,
    });
  return found;
}

/** What a refresh found, told by where it is. */
const driftOfResource = (change: PlannedChange): Difference => ({
  where: change.type.startsWith("github:") ? "github" : "cloud",
  resource: `${change.type} ${resourceName(change.urn)}`,
  what: describeDrift(change),
});

/** What was found, and which secrets have to be made anew to be put back: their provider would not write them again. */
interface Look {
  report: DriftReport;
  overwritten: string[];
}

/** What differs from the stack, by place; nothing is told to anybody. */
async function look(context: DriverContext, target: Target): Promise<Look> {
  const { release, candidate } = target.file.pin();
  const expected = candidate ?? release;
  const input = context.workspace.input(target.name);
  const { compose } = input;
  const [refreshed, readings, registry, state] = await Promise.all([
    context.workspace.previewRefresh(target.name),
    target.hosts.observe(),
    driftOfImages(target, expected),
    stackState(context, target.name),
  ]);
  const [overwritten, strangers] = await Promise.all([
    overwrittenSecrets(context, target, state.resources),
    unadmitted(target.images, readings, expected, compose.stateful),
  ]);
  const found = new Set(overwritten.map(({ urn }) => urn));
  // Without a token only the refresh tells of a secret that was overwritten, by its time.
  const byRefresh = refreshed.changes.filter(
    ({ urn, type, op }) => isActionsSecret(type) && op !== "delete" && !found.has(urn),
  );
  const ofHosts = [
    ...(expected ? judgeHosts(readings, expected, target.outputs.jobs) : []),
    ...judgeHostDrift(readings, candidate ? undefined : (target.outputs.access.files ?? undefined)),
    ...strayContainers(readings, [...compose.services, ...compose.jobs, ...compose.stateful]),
    ...judgeCertificates(readings, context.now()).filter(({ wrong }) => wrong),
    ...judgeExposure(readings, declaredPorts(input)),
  ];
  const hosts = ofHosts.map(
    ({ host, message }): Difference => ({
      where: "host",
      resource: host,
      // The host is named beside it.
      what: message.startsWith(`${host}: `) ? message.slice(host.length + 2) : message,
    }),
  );
  const differences = [
    ...driftOfState(target, expected, state),
    ...refreshed.changes.filter(({ urn }) => !found.has(urn)).map(driftOfResource),
    ...overwritten.map(describeOverwritten),
    ...hosts,
    ...registry,
    ...strangers,
  ];
  const resources = Object.values(refreshed.counts).reduce((sum, count) => sum + count, 0);
  const images = Object.keys(expected?.images ?? {}).length;
  const looked = { resources, hosts: readings.length, images };
  return {
    report: { environment: target.name, differences, looked },
    overwritten: [...found, ...byRefresh.map(({ urn }) => urn)],
  };
}

/** Compares state, cloud, GitHub, hosts and images. Changes nothing; people are told of what differs. */
export async function drift(context: DriverContext, environment: string): Promise<DriftReport> {
  using target = await context.workspace.open(environment);
  const { report } = await look(context, target);
  await announceDrift(context, target, report);
  return report;
}

export interface SettleOptions {
  environment: string;
  /** Written to the ledger; accepting needs one. */
  reason?: string | undefined;
}

/** What differs, in one line for the ledger. */
const summary = (differences: readonly Difference[]): string => {
  const shown = differences.slice(0, 5).map(({ resource, what }) => `${resource} ${what}`);
  const more = differences.length > shown.length ? `; and ${differences.length - shown.length} more` : "";
  return `${shown.join("; ")}${more}`.slice(0, 2_000);
};

/** Under the lease: what was found, written down before anything is done about it. */
async function note(
  context: DriverContext,
  { journal }: Held,
  word: string,
  before: readonly Difference[],
  why: string,
) {
  const text = context.secrets.mask(`drift ${word} (${why}): ${summary(before)}`);
  await journal.remark({ entry: "note", text });
}

/**
 * Secrets that were overwritten are written again, by making them anew: a changed time alone plans nothing. Before the refresh, after
 * which nothing would show any more that they have to be.
 */
async function rewriteSecrets(target: Target, overwritten: readonly string[]): Promise<void> {
  if (overwritten.length === 0) return;
  const message = `${overwritten.length} overwritten secrets written again`;
  const [failed] = await target.update(message, limits.deploy, overwritten);
  if (failed) throw new Failure(classify(failed));
}

/** The stack learns what the cloud is; then one update puts back cloud and hosts alike. */
const putBack =
  (overwritten: readonly string[]): Effect =>
  async (run, step) => {
    await run.watch.outside(rewriteSecrets(run.target, overwritten));
    await run.watch.outside(run.target.refresh());
    return effects.repeat(run, step);
  };

/**
 * Puts right what differs: the cloud as the program says it, the hosts as they were deployed. Looks again afterwards.
 * @throws Failure `PromotionInterrupted`, `StalePin`, `NothingToPromote`, `PromotionInProgress`
 */
export async function correctDrift(
  context: DriverContext,
  { environment, reason }: SettleOptions,
  report = reporterOf,
): Promise<SettledDrift> {
  const watch = new Stopwatch();
  const { name } = context.workspace.input(environment);
  await using held = await takeLease(context, name, "rollback");
  using target = await context.workspace.open(name);
  const [{ report: found, overwritten }, facts] = await Promise.all([
    watch.outside(look(context, target)),
    factsOf(target, held, watch),
  ]);
  const before = found.differences;
  verifyAtRest(target, facts);
  if (before.length === 0) return { ...found, action: "corrected", before };
  const why = `drift put right: ${reason ?? `asked for by ${context.actor}`}`;
  await note(context, held, "put right", before, reason ?? `asked for by ${context.actor}`);
  const restoration = { why, attempt: "next", update: putBack(overwritten), report } as const;
  const result = await restore(context, held, target, facts, watch, restoration);
  // Hosts may have other addresses now.
  using after = await context.workspace.open(name);
  return { ...(await look(context, after)).report, action: "corrected", before, result };
}

/**
 * Writes what the cloud and GitHub are into the stack, so that it no longer differs from it. Hosts and images cannot be accepted so: what runs there is
 * changed by a promotion, or put right. Looks again afterwards.
 * @throws Failure `PromotionInterrupted`, `StalePin`, `NothingToPromote`, `PromotionInProgress`
 */
export async function acceptDrift(
  context: DriverContext,
  { environment, reason }: SettleOptions & { reason: string },
): Promise<SettledDrift> {
  const { name } = context.workspace.input(environment);
  await using held = await takeLease(context, name, "rollback");
  using target = await context.workspace.open(name);
  const watch = new Stopwatch();
  const [{ report: found }, facts] = await Promise.all([look(context, target), factsOf(target, held, watch)]);
  const before = found.differences;
  verifyAtRest(target, facts);
  if (before.length === 0) return { ...found, action: "accepted", before };
  await note(context, held, "accepted", before, reason);
  if (before.some(({ where }) => where === "cloud" || where === "github")) await target.refresh();
  const { report: after } = await look(context, target);
  const settled: SettledDrift = { ...after, action: "accepted", before };
  await announceSettled(context, target, settled, reason);
  return settled;
}
