import { randomBytes } from "node:crypto";
import type { Lease, Ledger } from "../ledger/ledger.ts";
import { type HostReading, wasRead } from "../plan/facts.ts";
import type { GateVerdict } from "../plan/gates/gate.ts";
import { type Event, type Promotion, type Reason, type Step, transition } from "../plan/promotion.ts";
import { liesInRelease } from "../plan/veto.ts";
import { asFailure, Failure } from "../release/failure.ts";
import { type Release, releaseId } from "../release/release.ts";
import type { DriverContext } from "./context.ts";
import type { FailureReport, PromotionResult, ReleaseName, StepTime } from "./messages.ts";
import type { Pin, PreviewUnderWay, Target } from "./ports.ts";
import { type RunEntry, RunJournal } from "./runJournal.ts";
import { Stopwatch } from "./stopwatch.ts";

/** What is carried out, on what, by whom: everything a step may need. */
export interface Run {
  context: DriverContext;
  id: string;
  kind: PromotionResult["kind"];
  target: Target;
  /** Where the release comes from, when it is promoted. */
  source?: { name: string; release: Release } | undefined;
  /** What shall come. */
  release: Release;
  /** What the configuration said before. */
  before: Pin;
  /** The attempt under way; rises with every way back. */
  attempt: number;
  journal: RunJournal;
  watch: Stopwatch;
  readings: readonly HostReading[];
  reports: FailureReport[];
  /** What the update would change, on its way or known; and the configuration file that was previewed. */
  preview?: PreviewUnderWay;
  /** Why a person asked for it. */
  why?: string | undefined;
  /** What the gates said before it began. */
  gates: readonly GateVerdict[];
  /** Resource names whose replacement a person allowed. */
  allowed: readonly string[];
  /** Why the last step that failed did. */
  failure?: Reason;
  /** When the first failure was seen; seconds of the stopwatch. */
  failedAt?: number;
}

export const nameOf = (release: Release): ReleaseName => ({
  id: releaseId(release),
  version: release.version,
});

/** An environment's lease, and the journal under it. */
export interface Held extends AsyncDisposable {
  id: string;
  ledger: Ledger;
  lease: Lease;
  journal: RunJournal;
}

/** Takes the environment's lease; nobody else may change the environment until it is given back. */
export async function takeLease(
  context: DriverContext,
  environment: string,
  kind: PromotionResult["kind"],
): Promise<Held> {
  const ledger = await context.ledger();
  const id = `${context.now().toISOString().slice(0, 16).replaceAll(/[-:]/g, "")}-${randomBytes(3).toString("hex")}`;
  const lease = await ledger.acquire(environment, { promotion: id, actor: context.actor });
  const journal = new RunJournal(context, ledger, lease, kind);
  return { id, ledger, lease, journal, [Symbol.asyncDispose]: () => lease[Symbol.asyncDispose]() };
}

/** What a run starts from; everything else it gathers on its way. */
export type Beginning = Omit<Run, "id" | "reports" | "gates" | "allowed" | "failure" | "failedAt"> & {
  gates?: readonly GateVerdict[];
  allowed?: readonly string[];
  /** What the environment ran or was on the way to, if that is not what `before` pins. */
  current?: Release | undefined;
};

/** Starts a run, and says so. */
export function beginRun({ current, ...given }: Beginning): Run {
  const run: Run = { gates: [], allowed: [], ...given, id: given.journal.promotion, reports: [] };
  const { release, target, source } = run;
  const previous = current ?? run.before.release;
  run.context.notify({
    code: "promotion.started",
    payload: {
      promotion: run.id,
      kind: run.kind,
      environment: target.name,
      ...(source && { source: source.name }),
      release: { ...nameOf(release), commit: release.commit, images: Object.keys(release.images).length },
      ...(previous && { previous: nameOf(previous) }),
      hosts: target.outputs.hosts.length,
    },
  });
  return run;
}

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
    if (stoppable.includes(step.name)) interruptedBy(interruption.signal);
    await run.journal.announce({ entry: "intent", ...entry() }, announced(step));
    const outcome = await effects[step.name](run, step);
    if (step.name === "deploy" || step.name === "verify") interruptedBy(interruption.signal);
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

/** Carries a promotion out, step by step, until nothing is left to do. */
export async function carryOut(
  run: Run,
  start: Promotion,
  effects: Readonly<Record<Step["name"], Effect>>,
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
  let promotion = start;
  for (let step = promotion.todo[0]; step !== undefined; step = promotion.todo[0])
    promotion = transition(promotion, await perform(run, step, effects, times));
  const { result, runs } = conclude(run, promotion, times);
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
  await rememberRelease(run, promotion);
  run.context.notify({ code: "promotion.finished", payload: result });
  return result;
}

/** A release that failed here for a reason of its own is vetoed; one that came after all, in spite of its veto, no longer is. */
async function rememberRelease(run: Run, p: Promotion): Promise<void> {
  const named = { releaseId: releaseId(run.release), version: run.release.version };
  const lifted = run.gates.find(({ gate, override }) => gate === "veto" && override)?.override;
  const write =
    run.kind !== "rollback" &&
    p.touched &&
    p.status !== "Completed" &&
    p.reason &&
    liesInRelease(p.reason.code)
      ? run.journal.remark({ entry: "veto", ...named, reason: p.reason })
      : p.status === "Completed" && lifted
        ? run.journal.remark({ entry: "unveto", ...named, why: `came and was verified: ${lifted.reason}` })
        : undefined;
  await write?.catch((thrown: unknown) => {
    const { message } = asFailure(thrown);
    run.context.notify({ code: "warning", payload: { message: `the veto was not written: ${message}` } });
  });
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
