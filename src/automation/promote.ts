import { verifyImages } from "../../stacks/environment.ts";
import { wasRead } from "../plan/facts.ts";
import { planPromotion } from "../plan/promotion.ts";
import { highestAttempt, planResume, type ResumeFacts } from "../plan/resume.ts";
import { judgeHosts } from "../plan/verdict.ts";
import { Failure } from "../release/failure.ts";
import { type Release, releaseId, sameRelease } from "../release/release.ts";
import type { DriverContext } from "./context.ts";
import { effects } from "./effects.ts";
import { Environment } from "./environment.ts";
import type { PromotionResult } from "./messages.ts";
import { verifyInput } from "./readiness.ts";
import { beginRun, carryOut, type Run, takeLease } from "./run.ts";
import { Stopwatch } from "./stopwatch.ts";

export interface PromoteOptions {
  /** Default `staging`. */
  from: string;
  /** Default `production`. */
  to: string;
  /** Resources whose replacement or deletion is allowed by name. */
  allow: readonly string[];
}

export interface DeployOptions {
  environment: string;
  release: Release;
  allow: readonly string[];
}

/** Everything known of an environment's last promotion. Reads the hosts; asks the stack's history only when `history`. */
export async function gatherFacts(
  run: Pick<Run, "target" | "journal" | "watch">,
  history: boolean,
): Promise<ResumeFacts> {
  const { target, journal, watch } = run;
  const open = journal.open();
  const { deployed, jobs } = target.outputs;
  const [readings, verified] = await Promise.all([
    watch.outside(target.fleet.observe()),
    history ? target.verifiedReleases() : [],
  ]);
  const pin = target.file.pin();
  return {
    file: { release: pin.release, candidate: pin.candidate, attempt: pin.rollout.attempt },
    stack: deployed ? { release: deployed.release, attempt: deployed.attempt } : undefined,
    open: open?.release
      ? { release: open.release, previous: open.previous, attempt: open.attempt ?? pin.rollout.attempt }
      : undefined,
    readings,
    verified: [
      ...(pin.release ? [pin.release] : []),
      ...(open?.previous ? [open.previous] : []),
      ...verified,
    ],
    jobs,
  };
}

/** The release that an environment runs and has verified: pinned, on every host, healthy. @throws Failure */
async function verifiedRelease(source: Environment, watch: Stopwatch): Promise<Release> {
  const { release, candidate } = source.file.pin();
  if (!release || candidate)
    throw new Failure({
      code: "NothingToPromote",
      message: candidate
        ? `${source.name} is in the middle of a promotion to ${candidate.version}`
        : `${source.name} has no verified release`,
      hint: candidate
        ? `liftlock resume ${source.name}`
        : `liftlock deploy ${source.name} --release release.json`,
    });
  const findings = judgeHosts(await watch.outside(source.fleet.observe()), release, source.outputs.jobs);
  if (findings.length > 0)
    throw new Failure({
      code: "NothingToPromote",
      message: `${source.name} does not run its pinned release ${release.version} as it should: ${findings.map((f) => f.message).join("; ")}`,
      hint: `liftlock status ${source.name}`,
    });
  return release;
}

/** Refuses to start where an earlier promotion did not end, or where this checkout is behind. @throws Failure */
function verifyReady(facts: ResumeFacts, target: Environment): void {
  const unread = facts.readings.filter((reading) => !wasRead(reading));
  if (unread.length > 0)
    throw new Failure({
      code: "HostUnreachable",
      message: unread.map((reading) => ("unreachable" in reading ? reading.unreachable : "")).join("; "),
      hint: "Nothing was touched. Mend the host, then run the command again.",
    });
  const highest = highestAttempt(facts);
  const interrupted = facts.open !== undefined || facts.file.candidate !== undefined;
  if (!interrupted && highest > facts.file.attempt)
    throw new Failure({
      code: "StalePin",
      message: `${target.file.name} says attempt ${facts.file.attempt}, but ${target.name} has run attempt ${highest}: this checkout is behind`,
      hint: `git pull, or: liftlock pin ${target.name} --from-stack`,
    });
  if (planResume(facts).action !== "nothing")
    throw new Failure({
      code: "PromotionInterrupted",
      message: `an earlier promotion into ${target.name} did not end${facts.file.candidate ? ` (to ${facts.file.candidate.version})` : ""}`,
      hint: `liftlock resume ${target.name}`,
    });
}

/** Deploys what the hosts should have but do not: refused, because an update over it would hide it. @throws Failure */
function verifyNoDrift(facts: ResumeFacts, target: Environment): void {
  const { release } = facts.file;
  if (!release) return;
  const wrong = judgeHosts(facts.readings, release, facts.jobs).filter((f) => f.code === "DigestMismatch");
  if (wrong.length > 0)
    throw new Failure({
      code: "Drifted",
      message: `${target.name} does not run its pin: ${wrong.map((f) => f.message).join("; ")}`,
      hint: `liftlock drift ${target.name}`,
    });
}

async function lift(
  context: DriverContext,
  kind: "promote" | "deploy",
  open: (watch: Stopwatch) => Promise<{ target: Environment; release: Release; source?: string }>,
  environment: string,
  allow: readonly string[],
): Promise<PromotionResult> {
  const watch = new Stopwatch();
  // The engine's answers take longest: they are under way while the rest is checked. What they say is judged under the lease.
  const opening = open(watch);
  opening.catch(() => undefined);
  const compose = verifyInput(context, environment);
  const { lease, journal, id } = takeLease(context, environment);
  using _lease = lease;
  const { target, release, source } = await opening;
  using _target = target;
  verifyImages(release, compose, source ?? "the release file");
  // Opened now, so that it is ready when the preview needs it.
  void target.stack().catch(() => undefined);
  const facts = await gatherFacts({ target, journal, watch }, false);
  verifyReady(facts, target);
  const before = target.file.pin();
  if (sameRelease(before.release, release) && judgeHosts(facts.readings, release, facts.jobs).length === 0)
    throw new Failure({
      code: "NothingToPromote",
      message: `${target.name} already runs ${release.version} (${releaseId(release)}), verified on every host`,
    });
  verifyNoDrift(facts, target);
  const run = beginRun({
    context,
    id,
    kind,
    target,
    release,
    before,
    attempt: highestAttempt(facts) + 1,
    journal,
    watch,
    readings: facts.readings,
    allowed: allow,
    source,
  });
  return await carryOut(run, planPromotion(), effects);
}

/**
 * Lifts the release that the source environment runs, verified, into the target environment.
 * @returns how it ended; a failed or rolled back promotion is a result, not an exception
 * @throws Failure when it was refused before it started
 */
export function promote(context: DriverContext, options: PromoteOptions): Promise<PromotionResult> {
  const open = async (watch: Stopwatch) => {
    const [source, target] = await Promise.all([
      Environment.open(context, options.from),
      Environment.open(context, options.to),
    ]);
    using from = source;
    return { target, release: await verifiedRelease(from, watch), source: from.name };
  };
  return lift(context, "promote", open, options.to, options.allow);
}

/** Brings a given release into an environment: how a built release comes to staging. */
export function deploy(context: DriverContext, options: DeployOptions): Promise<PromotionResult> {
  const open = async () => ({
    target: await Environment.open(context, options.environment),
    release: options.release,
  });
  return lift(context, "deploy", open, options.environment, options.allow);
}
