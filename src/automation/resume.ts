import { type Promotion, planPromotion, planRollback, rollbackTargets } from "../plan/promotion.ts";
import { highestAttempt, planResume, type ResumeFacts, type ResumePlan } from "../plan/resume.ts";
import { Failure } from "../release/failure.ts";
import type { Release } from "../release/release.ts";
import type { DriverContext } from "./context.ts";
import { effects } from "./effects.ts";
import { engineFailure } from "./engine.ts";
import { Environment } from "./environment.ts";
import type { PromotionResult } from "./messages.ts";
import { gatherFacts } from "./promote.ts";
import { verifyInput } from "./readiness.ts";
import { beginRun, carryOut, type Run, takeLease } from "./run.ts";
import { Stopwatch } from "./stopwatch.ts";

/** Clears what a killed engine left in the stack: its lock, and operations whose end nobody saw. */
async function mendStack(target: Environment): Promise<void> {
  const stack = await target.stack();
  try {
    await stack.cancel();
  } catch (thrown) {
    // The service backend refuses to cancel when nothing is running.
    if (!/no update|not.*in progress|nothing to cancel/i.test(String(thrown)))
      throw engineFailure(thrown, `cancel ${target.name}`);
  }
  const { deployment } = await stack.exportStack();
  const pending = (deployment as { pending_operations?: unknown[] } | undefined)?.pending_operations ?? [];
  if (pending.length > 0)
    await stack.refresh({ clearPendingCreates: true }).catch((thrown: unknown) => {
      throw engineFailure(thrown, `refresh ${target.name}`);
    });
}

/** What remains to be done, as a promotion of the same machine. */
function remaining(plan: Exclude<ResumePlan, { action: "nothing" }>, facts: ResumeFacts): Promotion {
  switch (plan.action) {
    case "finish":
      return planPromotion([{ name: "verify" }, { name: "pin" }]);
    case "withdraw":
      return {
        ...planPromotion([{ name: "withdraw" }]),
        reason: { code: "Interrupted", message: plan.reason },
      };
    case "revert":
      return planRollback(rollbackTargets(facts.verified, plan.candidate), {
        code: "Interrupted",
        message: plan.reason,
      });
  }
}

/** The configuration before the interrupted promotion: its pin, without the candidate. */
function pinBefore(facts: ResumeFacts, plan: ResumePlan): { release: Release | undefined; attempt: number } {
  const previous = facts.open?.previous ?? facts.file.release;
  const attempt = plan.action === "withdraw" ? (facts.stack?.attempt ?? 0) : facts.file.attempt;
  return { release: previous, attempt };
}

/**
 * Finishes or reverts a promotion whose driver did not end it. The hosts have the last word on how far it came.
 * @returns how it ended, or nothing when nothing was interrupted
 */
export async function resume(
  context: DriverContext,
  environment: string,
): Promise<PromotionResult | undefined> {
  const watch = new Stopwatch();
  verifyInput(context, environment);
  const { lease, journal, id } = takeLease(context, environment);
  using _lease = lease;
  using target = await Environment.open(context, environment);
  await mendStack(target);
  const facts = await gatherFacts({ target, journal, watch }, true);
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
    id,
    kind: "resume",
    target,
    release,
    before: { release: known.release, candidate: undefined, rollout: { attempt: known.attempt, mode } },
    attempt: highestAttempt(facts),
    journal,
    watch,
    readings: facts.readings,
  });
  const result = await carryOut(run, remaining(plan, facts), effects);
  closeOpen(run, facts);
  return result;
}

/** The interrupted promotion has its end now: the journal says so under its own id too. */
function closeOpen(run: Run, facts: ResumeFacts): void {
  const open = facts.open && run.journal.openPromotions().filter((promotion) => promotion !== run.id);
  for (const promotion of open ?? [])
    run.journal.append({
      time: run.context.now().toISOString(),
      promotion,
      environment: run.target.name,
      kind: "resume",
      actor: run.context.actor,
      entry: "ended",
      status: "Failed",
      reason: { code: "Interrupted", message: `ended by ${run.id}` },
    });
}
