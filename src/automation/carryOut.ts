import { wasRead } from "../plan/facts.ts";
import { type Event, type Promotion, type Step, transition } from "../plan/promotion.ts";
import { asFailure, Failure } from "../release/failure.ts";
import type { Release } from "../release/release.ts";
import { closeInterrupted, forgetOld, rememberRelease } from "./aftermath.ts";
import type { PromotionResult, StepTime } from "./messages.ts";
import { nameOf, type Run } from "./run.ts";
import type { RunEntry } from "./runJournal.ts";

/** What a step says that had nothing to do. */
export const nothing = "";

/** Does a step: returns what it found, in a few words, or an event of its own. */
export type Effect = (run: Run, step: Step) => Promise<string | Event>;

/** Steps before which a signal still ends a promotion. The way back is not interrupted: it is how it comes to a defined state. */
const stoppable: readonly Step["name"][] = [
  "images",
  "preview",
  "approval",
  "copy",
  "tag",
  "candidate",
  "deploy",
];

/** Steps that are not done unless the ledger has them first. */
const announced = (step: Step): boolean =>
  !["diagnose", "revert", "verifyRevert", "pinRevert", "retag"].includes(step.name);

async function perform(
  run: Run,
  step: Step,
  effects: Readonly<Record<Step["name"], Effect>>,
  times: StepTime[],
): Promise<Event> {
  const { notify, interruption, secrets } = run.context;
  const stop = run.watch.span();
  const end = () => {
    const time = { name: step.name, ...stop() };
    times.push(time);
    return time.seconds;
  };
  const entry = () => ({ step: step.name, attempt: run.attempt });
  const target = "target" in step ? { target: nameOf(step.target) } : {};
  notify({ code: "step.started", payload: { step: step.name, ...target } });
  try {
    // Written down before it is used: whoever resumes must not use the same number for something else.
    if (step.name === "revert") run.attempt = Math.max(run.attempt, run.announced) + 1;
    if (stoppable.includes(step.name)) interruptedBy(interruption.signal);
    await run.journal.announce({ entry: "intent", ...entry() }, announced(step));
    const outcome = await effects[step.name](run, step);
    if (step.name === "deploy" || step.name === "watch" || step.name === "verify")
      interruptedBy(interruption.signal);
    const event: Event = typeof outcome === "string" ? { type: "succeeded" } : outcome;
    await run.journal.record({ entry: "confirmed", ...entry() }, announced(step));
    const detail =
      typeof outcome === "string"
        ? secrets.mask(outcome)
        : event.type === "diagnosed"
          ? event.reason.message
          : "";
    notify({ code: "step.finished", payload: { step: step.name, seconds: end(), detail } });
    return event;
  } catch (thrown) {
    const failure = asFailure(thrown);
    // Another driver is at work here now: this one does not touch anything any more, and leaves the rest to it.
    if (failure.code === "LeaseLost") throw failure;
    run.failedAt ??= run.watch.read().seconds;
    const reason = {
      code: failure.code,
      message: secrets.mask(failure.message),
      ...(failure.hint !== undefined && { hint: failure.hint }),
    };
    run.failure = reason;
    notify({ code: "step.failed", payload: { step: step.name, seconds: end(), reason } });
    // What failed is told in any case: that it could not be written must not hide it.
    await run.journal.record({ entry: "failed", ...entry(), reason }, false);
    return { type: "failed", reason };
  }
}

function interruptedBy(signal: string | undefined): void {
  if (signal === undefined) return;
  throw new Failure({ code: "Interrupted", message: `stopped by ${signal}` });
}

/** Goes along with a run and changes nothing of it: people are told, and what did not stay is written up. Never throws. */
export interface Reporter {
  /** It goes ahead, and the journal says so. */
  started(): void;
  /** How it ended. The journal says so only afterwards: a driver killed in between leaves it open, and `resume` tells. */
  ended(result: PromotionResult): void;
  /** Writes up what did not stay. @param runs what the environment runs now, verified */
  writeUp(
    result: PromotionResult,
    runs: Release | undefined,
  ): Promise<Pick<PromotionResult, "incident" | "instructions">>;
  /** Waits for what is still being told, for a bounded time. */
  finish(): Promise<void>;
}

/** Carries a promotion out, step by step, until nothing is left to do. */
export async function carryOut(
  run: Run,
  start: Promotion,
  effects: Readonly<Record<Step["name"], Effect>>,
  reporter: Reporter,
): Promise<PromotionResult> {
  const times: StepTime[] = [{ name: "facts", ...run.watch.read() }];
  const previous = run.before.release;
  const started: RunEntry = {
    entry: "started",
    release: run.release,
    ...(previous && { previous }),
    ...(run.why !== undefined && { why: run.why }),
    attempt: run.attempt,
  };
  await run.journal.append(started);
  try {
    reporter.started();
    return await toTheEnd(run, start, effects, reporter, times);
  } finally {
    await reporter.finish();
  }
}

async function toTheEnd(
  run: Run,
  start: Promotion,
  effects: Readonly<Record<Step["name"], Effect>>,
  reporter: Reporter,
  times: StepTime[],
): Promise<PromotionResult> {
  const previous = run.before.release;
  let promotion = start;
  for (let step = promotion.todo[0]; step !== undefined; step = promotion.todo[0])
    promotion = transition(promotion, await perform(run, step, effects, times));
  const { result, runs } = conclude(run, promotion, times);
  reporter.ended(result);
  // A pin that could not be written stays open: `resume` writes it.
  const pinLeft = promotion.status === "Failed" && times.at(-1)?.name === "pin";
  if (!pinLeft)
    await run.journal.record(
      {
        entry: "ended",
        // A promotion that has ended is never in progress.
        status: result.status === "InProgress" ? "Failed" : result.status,
        release: run.release,
        ...(previous && { previous }),
        ...(runs && { runs }),
        attempt: run.attempt,
        seconds: result.seconds,
        ...(result.reason && { reason: result.reason }),
      },
      !promotion.touched,
    );
  if (run.kind === "resume" || run.kind === "rollback") await closeInterrupted(run);
  await rememberRelease(run, promotion);
  await forgetOld(run, promotion);
  const whole = { ...result, ...(await reporter.writeUp(result, runs)) };
  run.context.notify({ code: "promotion.finished", payload: whole });
  return whole;
}

function conclude(
  run: Run,
  p: Promotion,
  steps: StepTime[],
): { result: PromotionResult; runs: Release | undefined } {
  const { seconds } = run.watch.read();
  const { release: previous } = run.before;
  // When only the pin could not be written, the release runs all the same.
  const came = p.status === "Completed" || steps.at(-1)?.name === "pin";
  const runs = came ? run.release : (p.wentBackTo ?? (p.touched ? undefined : previous));
  const overridden = run.gates.flatMap(({ override }) => (override ? [override] : []));
  const result: PromotionResult = {
    promotion: run.id,
    kind: run.kind,
    environment: run.target.name,
    status: p.status,
    release: nameOf(run.release),
    ...(previous && { previous: nameOf(previous) }),
    attempt: run.attempt,
    ...(p.reason && { reason: p.reason }),
    ...(p.backReason && p.status !== "RolledBack" && { backReason: p.backReason }),
    ...(p.remark && { remark: p.remark }),
    ...(overridden.length > 0 && { overridden }),
    ...(runs && { runs: nameOf(runs) }),
    hosts: run.readings.filter(wasRead).length,
    seconds,
    ...(p.status === "RolledBack" &&
      run.failedAt !== undefined && { recoverySeconds: seconds - run.failedAt }),
    ...(run.context.interruption.signal !== undefined && { interrupted: true as const }),
    steps,
    reports: run.reports,
  };
  return { result, runs };
}
