import { type Promotion, planPromotion, type Step } from "../plan/promotion.ts";
import type { ResumeFacts } from "../plan/resume.ts";
import { highestAttempt } from "../plan/resume.ts";
import { Failure } from "../release/failure.ts";
import type { Release } from "../release/release.ts";
import { carryOut, type Effect } from "./carryOut.ts";
import type { DriverContext } from "./context.ts";
import { effects } from "./effects.ts";
import type { PromotionResult } from "./messages.ts";
import type { Target } from "./ports.ts";
import { gatherFacts } from "./prepare.ts";
import { notEnded, staleCheckout } from "./refusals.ts";
import { reporterOf } from "./reporter.ts";
import { beginRun, type Held, type Run } from "./run.ts";
import type { Stopwatch } from "./stopwatch.ts";

/** What brings an environment back to what is pinned: not another release, but the same one once more. */
export interface Restoration {
  /** What is mended, for the ledger and for people. */
  why: string;
  /** The attempt's number: a new one where every host is to run its scripts, the pinned one where only a new host is. */
  attempt: "next" | "same";
  /** The update. @returns what was found, in a few words */
  update: Effect;
  report: typeof reporterOf;
}

/**
 * Refuses where something else was under way: that has to be brought to its end first.
 * @throws Failure `PromotionInterrupted`, `StalePin`, `NothingToPromote`
 */
export function verifyAtRest(target: Target, facts: ResumeFacts): Release {
  const { release, candidate } = target.file.pin();
  if (facts.open || candidate) throw notEnded(target, candidate);
  const highest = highestAttempt(facts);
  if (highest > facts.file.attempt) throw staleCheckout(target, facts.file.attempt, highest);
  if (release) return release;
  throw new Failure({
    code: "NothingToPromote",
    message: `${target.name} has no verified release that it could be brought back to`,
    hint: `liftlock deploy ${target.name} --release release.json`,
  });
}

/** Everything known of an environment that is to be mended: its hosts need not answer. */
export const factsOf = (target: Target, { ledger }: Held, watch: Stopwatch): Promise<ResumeFacts> =>
  gatherFacts(target, ledger, watch, false);

/** What is pinned ran here, verified: an older release in its place would mend nothing. So there is no way back, and a person is told. */
export const diagnosePinned =
  (hint: string): Effect =>
  async (run, step) => {
    const found = await effects.diagnose(run, step);
    if (typeof found === "string" || found.type !== "diagnosed") return found;
    const message = `${run.target.name} could not be brought back to ${run.release.version}, which is pinned`;
    return { ...found, touched: true, targets: [], barred: { code: "RollbackIncomplete", message, hint } };
  };

/** An update may have moved hosts to other addresses: what comes after it has to know them. */
const reopened =
  (update: Effect, context: DriverContext, opened: DisposableStack): Effect =>
  async (run, step) => {
    const said = await update(run, step);
    run.target = opened.use(await context.workspace.open(run.target.name));
    return said;
  };

const steps = (attempt: Restoration["attempt"]): Promotion => {
  const names = attempt === "next" ? (["repeat", "verify", "pin"] as const) : (["repeat", "verify"] as const);
  return planPromotion(names.map((name): Step => ({ name })));
};

/**
 * Puts what is pinned in place once more, and proves it: one update, then the same verification as after a promotion; journaled and
 * told as one.
 */
export async function restore(
  context: DriverContext,
  held: Held,
  target: Target,
  facts: ResumeFacts,
  watch: Stopwatch,
  { why, attempt, update, report }: Restoration,
): Promise<PromotionResult> {
  const release = verifyAtRest(target, facts);
  const before = target.file.pin();
  const next = Math.max(highestAttempt(facts), facts.announced) + 1;
  const run: Run = beginRun({
    context,
    kind: "rollback",
    target,
    release,
    before,
    attempt: attempt === "next" ? next : before.rollout.attempt,
    announced: facts.announced,
    journal: held.journal,
    watch,
    readings: facts.readings,
    why,
  });
  using opened = new DisposableStack();
  const own = {
    ...effects,
    repeat: reopened(update, context, opened),
    diagnose: diagnosePinned(`Look at ${target.name}, then: liftlock resume ${target.name}`),
  };
  return await carryOut(run, steps(attempt), own, report(run));
}
