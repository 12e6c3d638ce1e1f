import { planRollback, rollbackTargets } from "../plan/promotion.ts";
import { highestAttempt } from "../plan/resume.ts";
import { Failure } from "../release/failure.ts";
import { type Release, releaseId } from "../release/release.ts";
import type { DriverContext } from "./context.ts";
import { effects } from "./effects.ts";
import { Environment } from "./environment.ts";
import type { PromotionResult } from "./messages.ts";
import { gatherFacts } from "./promote.ts";
import { verifyInput } from "./readiness.ts";
import { beginRun, carryOut, takeLease } from "./run.ts";
import { Stopwatch } from "./stopwatch.ts";

export interface RollbackOptions {
  environment: string;
  /** Version or id of an earlier verified release; default: the newest earlier one. */
  to?: string | undefined;
  reason?: string | undefined;
}

/** The targets of a way back that a person asked for, newest first, beginning with the one named. @throws Failure */
function chooseTargets(
  verified: readonly Release[],
  current: Release | undefined,
  to: string | undefined,
  environment: string,
): [Release, ...Release[]] {
  const targets = rollbackTargets(verified, current);
  const at = to === undefined ? 0 : targets.findIndex((r) => r.version === to || releaseId(r).startsWith(to));
  const [chosen, ...older] = at < 0 ? [] : targets.slice(at);
  if (chosen) return [chosen, ...older];
  const known = targets.map((r) => `${r.version} (${releaseId(r)})`).join(", ");
  throw new Failure({
    code: "NoRollbackTarget",
    message:
      to === undefined
        ? `${environment} has no earlier verified release`
        : `expected an earlier verified release of ${environment}, got "${to}"; there is ${known || "none"}`,
    hint: `liftlock history ${environment}`,
  });
}

/** Takes an environment back to an earlier verified release; a next older one is tried when it cannot be started. */
export async function rollback(context: DriverContext, options: RollbackOptions): Promise<PromotionResult> {
  const watch = new Stopwatch();
  verifyInput(context, options.environment);
  const { lease, journal, id } = takeLease(context, options.environment);
  using _lease = lease;
  using target = await Environment.open(context, options.environment);
  void target.stack().catch(() => undefined);
  const facts = await gatherFacts({ target, journal, watch }, true);
  const before = target.file.pin();
  const current = before.candidate ?? before.release;
  const targets = chooseTargets(facts.verified, current, options.to, target.name);
  const [release] = targets;
  const run = beginRun({
    context,
    id,
    kind: "rollback",
    target,
    release,
    before,
    attempt: highestAttempt(facts),
    journal,
    watch,
    readings: facts.readings,
    current,
  });
  const why = { code: "Interrupted" as const, message: options.reason ?? `asked for by ${context.actor}` };
  return await carryOut(run, planRollback(targets, why), effects);
}
