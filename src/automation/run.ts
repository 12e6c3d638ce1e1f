import { randomBytes } from "node:crypto";
import { parseEnvironment } from "../../stacks/program.ts";
import { type Entry, Journal } from "../ledger/journal.ts";
import { Lease } from "../ledger/lease.ts";
import { ledgerPlace } from "../ledger/place.ts";
import { type HostReading, wasRead } from "../plan/facts.ts";
import type { Preview } from "../plan/preview.ts";
import { type Event, type Promotion, type Reason, type Step, transition } from "../plan/promotion.ts";
import { asFailure, Failure } from "../release/failure.ts";
import { type Release, releaseId } from "../release/release.ts";
import type { DriverContext } from "./context.ts";
import type { Environment } from "./environment.ts";
import type { FailureReport, PromotionResult, ReleaseName, StepTime } from "./messages.ts";
import type { Pin } from "./stackFile.ts";
import { Stopwatch } from "./stopwatch.ts";

/** What is carried out, on what, by whom: everything a step may need. */
export interface Run {
  context: DriverContext;
  id: string;
  kind: PromotionResult["kind"];
  target: Environment;
  /** What shall come. */
  release: Release;
  /** What the configuration said before. */
  before: Pin;
  /** The attempt under way; rises with every way back. */
  attempt: number;
  journal: Journal;
  watch: Stopwatch;
  readings: readonly HostReading[];
  reports: FailureReport[];
  /** What the update would change, on its way or known; and the configuration file that was previewed. */
  preview?: { result: Promise<Preview>; draft: string };
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

/** Journal of an environment, next to the stack's backend. */
export function openJournal(
  context: DriverContext,
  environment: string,
): { journal: Journal; directory: string } {
  const place = ledgerPlace(context.workDirectory, { ...process.env, ...context.environment });
  if (!place.shared) context.notify({ code: "ledger.local", payload: { directory: place.directory } });
  return { journal: new Journal(place.directory, environment), directory: place.directory };
}

/** Takes the environment's lease; nobody else may change the environment until it is given back. */
export function takeLease(
  context: DriverContext,
  environment: string,
): { lease: Lease; journal: Journal; id: string } {
  const known = parseEnvironment(environment);
  const { journal, directory } = openJournal(context, known);
  const id = `${context.now().toISOString().slice(0, 16).replaceAll(/[-:]/g, "")}-${randomBytes(3).toString("hex")}`;
  return { lease: Lease.acquire(directory, known, id, context.now()), journal, id };
}

/** What a run starts from; everything else it gathers on its way. */
export type Beginning = Omit<Run, "reports" | "allowed" | "failure" | "failedAt"> & {
  allowed?: readonly string[];
  /** Where the release comes from, when it is promoted. */
  source?: string | undefined;
  /** What the environment ran or was on the way to, if that is not what `before` pins. */
  current?: Release | undefined;
};

/** Starts a run, and says so. */
export function beginRun({ source, current, ...given }: Beginning): Run {
  const run: Run = { allowed: [], ...given, reports: [] };
  const { release, target } = run;
  const previous = current ?? run.before.release;
  run.context.notify({
    code: "promotion.started",
    payload: {
      promotion: run.id,
      kind: run.kind,
      environment: target.name,
      ...(source !== undefined && { source }),
      release: { ...nameOf(release), commit: release.commit, images: Object.keys(release.images).length },
      ...(previous && { previous: nameOf(previous) }),
      hosts: target.outputs.hosts.length,
    },
  });
  return run;
}

/** Does a step: returns what it found, in a few words, or an event of its own. */
export type Effect = (run: Run, step: Step) => Promise<string | Event>;

const record = (run: Run, entry: Omit<Entry, "time" | "promotion" | "environment" | "kind" | "actor">) =>
  run.journal.append({
    time: run.context.now().toISOString(),
    promotion: run.id,
    environment: run.target.name,
    kind: run.kind,
    actor: run.context.actor,
    ...entry,
  });

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
  const target = "target" in step ? { target: nameOf(step.target) } : {};
  notify({ code: "step.started", payload: { step: step.name, ...target } });
  try {
    // The way back is not interrupted: it is how an interrupted promotion comes to a defined state.
    const stoppable =
      step.name === "images" ||
      step.name === "candidate" ||
      step.name === "preview" ||
      step.name === "deploy";
    if (stoppable) interruptedBy(interruption.signal);
    record(run, { entry: "intent", step: step.name, attempt: run.attempt });
    const outcome = await effects[step.name](run, step);
    if (step.name === "deploy" || step.name === "verify") interruptedBy(interruption.signal);
    const event: Event = typeof outcome === "string" ? { type: "succeeded" } : outcome;
    record(run, { entry: "confirmed", step: step.name, attempt: run.attempt });
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
    run.failedAt ??= run.watch.read().seconds;
    const reason = {
      code: failure.code,
      message: secrets.mask(failure.message),
      ...(failure.hint !== undefined && { hint: failure.hint }),
    };
    run.failure = reason;
    notify({ code: "step.failed", payload: { step: step.name, seconds: end(), reason } });
    record(run, { entry: "failed", step: step.name, attempt: run.attempt, reason });
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
  record(run, {
    entry: "started",
    release: run.release,
    ...(previous && { previous }),
    attempt: run.attempt,
  });
  let promotion = start;
  for (let step = promotion.todo[0]; step !== undefined; step = promotion.todo[0])
    promotion = transition(promotion, await perform(run, step, effects, times));
  const result = conclude(run, promotion, times);
  // A pin that could not be written stays open: `resume` writes it.
  const pinLeft = promotion.status === "Failed" && times.at(-1)?.name === "pin";
  if (!pinLeft)
    record(run, {
      entry: "ended",
      status: result.status,
      release: run.release,
      attempt: run.attempt,
      seconds: result.seconds,
      ...(result.reason && { reason: result.reason }),
    });
  run.context.notify({ code: "promotion.finished", payload: result });
  return result;
}

function conclude(run: Run, p: Promotion, steps: StepTime[]): PromotionResult {
  const { seconds } = run.watch.read();
  const { release: previous } = run.before;
  // When only the pin could not be written, the release runs all the same.
  const came = p.status === "Completed" || steps.at(-1)?.name === "pin";
  const runs = came ? run.release : (p.wentBackTo ?? (p.touched ? undefined : previous));
  return {
    promotion: run.id,
    kind: run.kind,
    environment: run.target.name,
    status: p.status,
    release: nameOf(run.release),
    ...(previous && { previous: nameOf(previous) }),
    attempt: run.attempt,
    ...(p.reason && { reason: p.reason }),
    ...(p.backReason && p.status !== "RolledBack" && { backReason: p.backReason }),
    ...(runs && { runs: nameOf(runs) }),
    hosts: run.readings.filter(wasRead).length,
    seconds,
    ...(p.status === "RolledBack" &&
      run.failedAt !== undefined && { recoverySeconds: seconds - run.failedAt }),
    ...(run.context.interruption.signal !== undefined && { interrupted: true as const }),
    steps,
    reports: run.reports,
  };
}
