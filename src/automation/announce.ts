import { createHash } from "node:crypto";
import type { Entry } from "../ledger/entry.ts";
import type { Effort } from "../notify/notifier.ts";
import type { DriverContext } from "./context.ts";
import { earlierRequests, endTidings, leftBy, pinnedBy, toldAs } from "./course.ts";
import type { DriftReport, PromotionResult, ReleaseName, SettledDrift } from "./messages.ts";
import type { Target } from "./ports.ts";
import { nameOf, type Run } from "./run.ts";
import { type Tidings, tellingOf } from "./telling.ts";

/** Milliseconds that a command waits at its end for people to be told. Bad news is worth a longer wait. */
const patience = { good: 5_000, bad: 10_000 };

/** Tells people of a promotion's course. Nothing of it throws, and only `finish` waits. */
export interface Announcer {
  /** The gates have passed: it goes ahead. */
  started(): void;
  /** How it ended. To be called before the journal says so: a driver killed in between leaves it open, and `resume` tells. */
  ended(result: PromotionResult): void;
  /** Waits until everything is told, 10 s at most and 5 s after good news; warns of every channel that could not be. */
  finish(): Promise<void>;
}

/** What is told when a promotion goes ahead. One that resumes another, or asks for approval again, has been told of. */
function startTidings(run: Run, entries: readonly Entry[]): Tidings | undefined {
  if (run.kind === "resume" || earlierRequests(run, entries).length > 0) return undefined;
  const { release: previous } = run.before;
  return {
    promotion: run.id,
    transition: "started",
    release: nameOf(run.release),
    ...(previous && { previous: nameOf(previous) }),
    ...(run.kind === "rollback" &&
      run.why !== undefined && { why: { code: "Interrupted", message: run.why } }),
    next: `liftlock status ${run.target.name}`,
  };
}

/** What the configuration says the environment should run; nothing when it cannot be read. */
function pinned({ target }: Run): ReleaseName | undefined {
  try {
    return pinnedBy(target.file.pin());
  } catch {
    return undefined;
  }
}

/** Tells the people of a run's environment. @param effort how hard each channel is tried */
export function announcerOf(run: Run, effort: Partial<Effort> = {}): Announcer {
  const telling = tellingOf(run.context, run.target, effort);
  // A journal that cannot be read keeps nobody from being told.
  const entries = () => run.journal.entries().catch((): Entry[] => []);
  let first: Promise<Entry[]> | undefined;
  const atStart = () => (first ??= entries());
  let wait = patience.bad;
  return {
    started: () => telling.send(async () => startTidings(run, await atStart())),
    ended: (result) => {
      if (result.status === "Completed") wait = patience.good;
      telling.send(async () => {
        const meant = pinned(run);
        const promotion = toldAs(run, result, await (result.status === "Pending" ? entries() : atStart()));
        return promotion === undefined
          ? undefined
          : endTidings(result, promotion, nameOf(leftBy(run)), meant);
      });
    },
    finish: () => telling.finish(wait),
  };
}

/** The same differences have the same id for a day: a check that runs every hour tells of them once. */
function checkId(now: Date, { environment, differences }: DriftReport): string {
  const found = differences.map(({ where, resource, what }) => `${where} ${resource} ${what}`).sort();
  const hash = createHash("sha256")
    .update([environment, ...found].join("\n"))
    .digest("hex")
    .slice(0, 12);
  return `drift-${now.toISOString().slice(0, 10)}-${hash}`;
}

/** Tells that a person accepted what differs, and what could not be accepted. Waits 10 s at most, and never throws. */
export async function announceSettled(
  context: DriverContext,
  target: Target,
  { environment, before, differences }: SettledDrift,
  reason: string,
  effort: Partial<Effort> = {},
): Promise<void> {
  const { release } = target.file.pin();
  if (!release) return;
  const left = differences.length === 0 ? "nothing is left" : `${differences.length} left`;
  const telling = tellingOf(context, target, effort);
  const message = `${before.length} accepted by ${context.actor} (${reason}); ${left}`;
  telling.send(async () => ({
    promotion: `accepted-${context.now().toISOString()}`,
    transition: "drift",
    release: nameOf(release),
    why: { code: "DriftFound", message },
    next: `liftlock drift ${environment}`,
  }));
  await telling.finish(patience.good);
}

/** Tells what a look for drift found, if it found anything. Waits 10 s at most, and never throws. */
export async function announceDrift(
  context: DriverContext,
  target: Target,
  report: DriftReport,
  effort: Partial<Effort> = {},
): Promise<void> {
  const [first, ...others] = report.differences;
  const { release } = target.file.pin();
  if (!first || !release) return;
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  const telling = tellingOf(context, target, effort);
  telling.send(async () => ({
    promotion: checkId(context.now(), report),
    transition: "drift",
    release: nameOf(release),
    why: { code: "DriftFound", message: `${first.resource} ${first.what}${more}` },
    next: `liftlock drift ${report.environment}`,
  }));
  await telling.finish(patience.bad);
}
