import type { GateVerdict, Override } from "../plan/gates/gate.ts";
import { planRollback, rollbackTargets } from "../plan/promotion.ts";
import { highestAttempt } from "../plan/resume.ts";
import { Failure } from "../release/failure.ts";
import { type Release, releaseId } from "../release/release.ts";
import { carryOut } from "./carryOut.ts";
import type { DriverContext } from "./context.ts";
import { effects } from "./effects.ts";
import { type EnvironmentRecord, judgeWayBackRate, readRecords } from "./gateFacts.ts";
import type { PromotionResult } from "./messages.ts";
import type { Target } from "./ports.ts";
import { gatherFacts } from "./prepare.ts";
import { reporterOf } from "./reporter.ts";
import { beginRun, takeLease } from "./run.ts";
import { Stopwatch } from "./stopwatch.ts";

export interface RollbackOptions {
  environment: string;
  /** Version or id of an earlier verified release; default: the newest earlier one. */
  to?: string | undefined;
  reason?: string | undefined;
  /** `rate`: in spite of the limit. */
  overrides?: readonly Override[];
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

/** A person takes an environment back to an earlier verified release; a next older one is tried when it cannot be started. */
export async function rollback(
  context: DriverContext,
  options: RollbackOptions,
  report = reporterOf,
): Promise<PromotionResult> {
  const watch = new Stopwatch();
  const { name } = context.workspace.input(options.environment);
  await using held = await takeLease(context, name, "rollback");
  const reading = readRecords(held.ledger, context.workspace.environments());
  reading.catch(() => undefined);
  using target = await context.workspace.open(name);
  const facts = await gatherFacts(target, held.ledger, watch, true);
  const before = target.file.pin();
  const current = before.candidate ?? before.release;
  const targets = chooseTargets(facts.verified, current, options.to, target.name);
  const [release] = targets;
  const gates = await judgeWayBack(context, target, options, await reading);
  const why = options.reason ?? `asked for by ${context.actor}`;
  for (const { gate, override } of gates)
    if (override) await held.journal.remark({ entry: "override", gate, why: override.reason });
  const run = beginRun({
    context,
    kind: "rollback",
    target,
    release,
    before,
    attempt: highestAttempt(facts),
    announced: facts.announced,
    journal: held.journal,
    watch,
    readings: facts.readings,
    gates,
    current,
    why,
  });
  const plan = planRollback(targets, { code: "Interrupted", message: why });
  return await carryOut(run, plan, effects, report(run));
}

/** Of a rollback only its rate is limited, and that a person may overrule. @throws Failure `RateLimited` */
async function judgeWayBack(
  context: DriverContext,
  target: Target,
  options: RollbackOptions,
  records: readonly EnvironmentRecord[],
): Promise<GateVerdict[]> {
  const reason = judgeWayBackRate(records, target.config.gates, context.now());
  if (!reason) return [];
  const override = options.overrides?.find(({ gate }) => gate === "rate");
  if (override)
    return [{ gate: "rate", status: "overridden", summary: "limit of rollbacks", reason, override }];
  const hint = `liftlock rollback ${target.name} --override rate --reason "…"   (written to the ledger)`;
  throw new Failure({ ...reason, hint });
}
