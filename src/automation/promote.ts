import type { Stack } from "@pulumi/pulumi/automation/index.js";
import type { ComposeFile } from "../../infra/composeFile.ts";
import { verifyImages } from "../../stacks/environment.ts";
import { parseEnvironment } from "../../stacks/program.ts";
import { wasRead } from "../plan/facts.ts";
import type { Preview } from "../plan/preview.ts";
import { planPromotion } from "../plan/promotion.ts";
import { highestAttempt, planResume, type ResumeFacts } from "../plan/resume.ts";
import { judgeHosts } from "../plan/verdict.ts";
import { Failure } from "../release/failure.ts";
import { type Release, releaseId, sameRelease } from "../release/release.ts";
import type { DriverContext } from "./context.ts";
import { candidatePin, effects } from "./effects.ts";
import { Environment, selectStack } from "./environment.ts";
import type { PromotionResult } from "./messages.ts";
import { verifyInput } from "./readiness.ts";
import { beginRun, carryOut, type Run, takeLease } from "./run.ts";
import { StackFile } from "./stackFile.ts";
import { Stopwatch } from "./stopwatch.ts";
import { previewDraft } from "./update.ts";

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

/** The release that an environment has verified, by its configuration. @throws Failure `NothingToPromote` */
function pinnedRelease(context: DriverContext, name: string): Release {
  const { release, candidate } = new StackFile(context.workDirectory, parseEnvironment(name)).pin();
  if (release && !candidate) return release;
  throw new Failure({
    code: "NothingToPromote",
    message: candidate
      ? `${name} is in the middle of a promotion to ${candidate.version}`
      : `${name} has no verified release`,
    hint: candidate ? `liftlock resume ${name}` : `liftlock deploy ${name} --release release.json`,
  });
}

/** Proves on the source's hosts that they run what is pinned. @throws Failure `NothingToPromote` */
async function verifySource(source: Environment, release: Release, watch: Stopwatch): Promise<void> {
  const findings = judgeHosts(await watch.outside(source.fleet.observe()), release, source.outputs.jobs);
  if (findings.length > 0)
    throw new Failure({
      code: "NothingToPromote",
      message: `${source.name} does not run its pinned release ${release.version} as it should: ${findings.map((f) => f.message).join("; ")}`,
      hint: `liftlock status ${source.name}`,
    });
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

/** A preview under way. Left early, it is ended; in any case it is waited for. */
class PreviewUnderWay implements AsyncDisposable {
  readonly result: Promise<Preview>;
  readonly draft: string;
  private readonly end = new AbortController();

  constructor(stack: Stack, name: string, draft: string, watch: Stopwatch) {
    this.draft = draft;
    this.result = watch.outside(previewDraft(stack, name, draft, this.end.signal));
    this.result.catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end.abort();
    await this.result.catch(() => undefined);
  }
}

/** What shall be lifted, and into what. */
interface Lift {
  kind: "promote" | "deploy";
  release: Release;
  environment: string;
  /** Where the release comes from, when it is promoted. */
  source?: string;
  allow: readonly string[];
}

/** The preview takes longest: it begins first, and the facts are gathered meanwhile. */
async function lift(
  context: DriverContext,
  wish: Lift,
  compose: ComposeFile,
  watch: Stopwatch,
): Promise<PromotionResult> {
  const { kind, release, environment, allow } = wish;
  verifyImages(release, compose, wish.source ?? "the release file");
  const { lease, journal, id } = takeLease(context, environment);
  using _lease = lease;
  const name = parseEnvironment(environment);
  const file = new StackFile(context.workDirectory, name);
  const before = file.pin();
  const stack = await selectStack(context, name);
  await using preview = new PreviewUnderWay(stack, name, file.draft(candidatePin(before, release)), watch);
  const opening = wish.source === undefined ? undefined : openSource(context, wish.source, release, watch);
  opening?.catch(() => undefined);
  using target = await Environment.open(context, environment, Promise.resolve(stack));
  const facts = await gatherFacts({ target, journal, watch }, false);
  await opening;
  verifyReady(facts, target);
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
    preview,
    allowed: allow,
    source: wish.source,
  });
  return await carryOut(run, planPromotion(), effects);
}

async function openSource(
  context: DriverContext,
  name: string,
  release: Release,
  watch: Stopwatch,
): Promise<void> {
  using source = await Environment.open(context, name);
  await verifySource(source, release, watch);
}

/**
 * Lifts the release that the source environment runs, verified, into the target environment.
 * @returns how it ended; a failed or rolled back promotion is a result, not an exception
 * @throws Failure when it was refused before it started
 */
export async function promote(context: DriverContext, options: PromoteOptions): Promise<PromotionResult> {
  const watch = new Stopwatch();
  const { from: source, to: environment, allow } = options;
  const compose = verifyInput(context, environment);
  const release = pinnedRelease(context, source);
  return await lift(context, { kind: "promote", release, environment, source, allow }, compose, watch);
}

/** Brings a given release into an environment: how a built release comes to staging. */
export async function deploy(context: DriverContext, options: DeployOptions): Promise<PromotionResult> {
  const watch = new Stopwatch();
  const compose = verifyInput(context, options.environment);
  return await lift(context, { kind: "deploy", ...options }, compose, watch);
}
