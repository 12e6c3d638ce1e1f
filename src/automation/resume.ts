import { type Promotion, planPromotion, planRollback, rollbackTargets } from "../plan/promotion.ts";
import { highestAttempt, planResume, type ResumeFacts, type ResumePlan } from "../plan/resume.ts";
import { Failure } from "../release/failure.ts";
import { type Release, sameRelease } from "../release/release.ts";
import { carryOut } from "./carryOut.ts";
import type { DriverContext } from "./context.ts";
import { effects } from "./effects.ts";
import type { PromotionResult } from "./messages.ts";
import { gatherFacts } from "./prepare.ts";
import { reporterOf } from "./reporter.ts";
import { diagnosePinned } from "./restore.ts";
import { beginRun, takeLease } from "./run.ts";
import { Stopwatch } from "./stopwatch.ts";

/** What remains to be done, as a promotion of the same machine. */
function remaining(plan: Exclude<ResumePlan, { action: "nothing" }>, facts: ResumeFacts): Promotion {
  switch (plan.action) {
    case "finish":
      return planPromotion([
        ...(plan.known ? [] : [{ name: "repeat" } as const]),
        { name: "verify" },
        { name: "pin" },
        { name: "retag" },
      ]);
    case "withdraw":
      return {
        ...planPromotion([{ name: "withdraw" }, { name: "retag" }]),
        reason: { code: "Interrupted", message: plan.reason },
      };
    case "revert":
      return planRollback(
        rollbackTargets([...(plan.first ? [plan.first] : []), ...facts.verified], plan.candidate),
        {
          code: "Interrupted",
          message: plan.reason,
        },
      );
  }
}

/** The attempt that the hosts have run, or the next one. A way back takes the one after. */
const attemptOf = (plan: ResumePlan, facts: ResumeFacts): number => {
  if (plan.action !== "finish") return highestAttempt(facts);
  return plan.known ? plan.attempt : Math.max(highestAttempt(facts), facts.announced) + 1;
};

/** The configuration before the interrupted promotion: its pin, without the candidate. */
function pinBefore(
  { file, open, stack }: ResumeFacts,
  plan: Exclude<ResumePlan, { action: "nothing" }>,
): { release: Release | undefined; attempt: number } {
  // A pin that was written since the promotion began is the newer one: it came, or a person has gone back meanwhile.
  const since =
    open !== undefined && file.attempt >= open.attempt && !sameRelease(file.release, plan.candidate);
  const kept = since || plan.action === "finish" ? file.release : undefined;
  const attempt = plan.action === "withdraw" ? (stack?.attempt ?? 0) : file.attempt;
  return { release: kept ?? open?.previous ?? file.release, attempt };
}

/**
 * Finishes or reverts a promotion whose driver did not end it. The hosts have the last word on how far it came.
 * @returns how it ended, or nothing when nothing was interrupted
 */
export async function resume(
  context: DriverContext,
  environment: string,
  report = reporterOf,
): Promise<PromotionResult | undefined> {
  const watch = new Stopwatch();
  const { name } = context.workspace.input(environment);
  await using held = await takeLease(context, name, "resume");
  using target = await context.workspace.open(name);
  await target.mend();
  const facts = await gatherFacts(target, held.ledger, watch, true);
  const plan = planResume(facts);
  if (plan.action === "nothing") {
    context.notify({
      code: "resume.planned",
      payload: { action: "nothing", reason: `no promotion into ${target.name} was interrupted` },
    });
    return undefined;
  }
  context.notify({ code: "resume.planned", payload: { action: plan.action, reason: plan.reason } });
  const release = plan.candidate ?? facts.verified[0];
  if (!release)
    throw new Failure({
      code: "NoRollbackTarget",
      message: `${target.name} was left in the middle of an attempt, and no release of it is known`,
      hint: `liftlock deploy ${target.name} --release release.json`,
    });
  const known = pinBefore(facts, plan);
  const mode = plan.action === "withdraw" ? (target.outputs.deployed?.mode ?? "forward") : "forward";
  const run = beginRun({
    context,
    kind: "resume",
    target,
    release,
    before: { release: known.release, candidate: undefined, rollout: { attempt: known.attempt, mode } },
    attempt: attemptOf(plan, facts),
    announced: facts.announced,
    journal: held.journal,
    watch,
    readings: facts.readings,
  });
  const again = `Look at ${target.name}, then: liftlock resume ${target.name}`;
  const own = plan.action === "finish" && plan.pinned ? { diagnose: diagnosePinned(again) } : {};
  return await carryOut(run, remaining(plan, facts), { ...effects, ...own }, report(run));
}
