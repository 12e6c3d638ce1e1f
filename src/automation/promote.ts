import { type Environment, parseEnvironment } from "../../stacks/environments.ts";
import type { Override } from "../plan/gates/gate.ts";
import { describeGates, refusal } from "../plan/gates/refusal.ts";
import { forwardSteps, planPromotion } from "../plan/promotion.ts";
import { Failure } from "../release/failure.ts";
import type { Release } from "../release/release.ts";
import { carryOut } from "./carryOut.ts";
import type { DriverContext } from "./context.ts";
import { effects } from "./effects.ts";
import type { PromotionResult } from "./messages.ts";
import { type Lift, pinnedRelease, prepare } from "./prepare.ts";
import { reporterOf } from "./reporter.ts";
import { beginRun, type Run, takeLease } from "./run.ts";
import { Stopwatch } from "./stopwatch.ts";

export interface PromoteOptions {
  /** Default: the configured environment before the target. */
  from?: string | undefined;
  /** Default `production`. */
  to: string;
  /** Gates that a person goes on in spite of. */
  overrides?: readonly Override[];
  /** Resources whose replacement or deletion is allowed by name. */
  allow: readonly string[];
}

export interface DeployOptions {
  environment: string;
  release: Release;
  overrides?: readonly Override[];
  allow: readonly string[];
}

/** The configured environment from which releases come to this one. @throws Failure `UsageInvalid` */
function environmentBefore({ workspace }: DriverContext, target: Environment): Environment {
  const all = workspace.environments();
  const before = all[all.indexOf(target) - 1];
  if (before !== undefined) return before;
  throw new Failure({
    code: "UsageInvalid",
    message: `expected a configured environment before ${target}, from which releases come; there is ${all.join(", ") || "none"}`,
    hint: `liftlock deploy ${target} --release release.json`,
    fault: "user",
  });
}

/** A promotion of what the source environment runs, verified. @throws Failure for bad input */
export function liftOfPromotion(context: DriverContext, options: PromoteOptions): Lift {
  const { from, to, allow, overrides = [] } = options;
  const input = context.workspace.input(to);
  const source = from === undefined ? environmentBefore(context, input.name) : parseEnvironment(from);
  const release = pinnedRelease(context.workspace.input(source));
  return { kind: "promote", release, input, source, allow, overrides };
}

/** A deployment of a given release. @throws Failure for bad input */
export function liftOfDeployment(context: DriverContext, options: DeployOptions): Lift {
  const { environment, release, allow, overrides = [] } = options;
  return { kind: "deploy", release, input: context.workspace.input(environment), allow, overrides };
}

/** Says what the gates said, and refuses what they refuse. @throws Failure */
async function passGates({ context, journal, gates }: Run): Promise<void> {
  context.notify({ code: "gates.judged", payload: { gates: [...gates], summary: describeGates(gates) } });
  const refused = refusal(gates);
  if (refused) throw new Failure(refused);
  for (const { gate, override } of gates)
    if (override) await journal.remark({ entry: "override", gate, why: override.reason });
}

async function lift(
  context: DriverContext,
  wish: Lift,
  watch: Stopwatch,
  report: typeof reporterOf,
): Promise<PromotionResult> {
  await using held = await takeLease(context, wish.input.name, wish.kind);
  await using prepared = await prepare(context, wish, held.ledger, watch);
  const { target, release, before, attempt, facts, gates, preview, stages } = prepared;
  const run = beginRun({
    context,
    kind: wish.kind,
    target,
    source: wish.source && { name: wish.source, release: wish.release },
    release,
    before,
    attempt,
    announced: facts.announced,
    journal: held.journal,
    watch,
    readings: facts.readings,
    preview,
    gates,
    allowed: wish.allow,
    stages,
  });
  await passGates(run);
  return await carryOut(run, planPromotion(forwardSteps(stages)), effects, report(run));
}

/**
 * Lifts the release that the source environment runs, verified, into the target environment.
 * @param report who goes along with it; default: people are told, and incidents written up
 * @returns how it ended; a failed or rolled back promotion is a result, not an exception
 * @throws Failure when it was refused before it started
 */
export async function promote(
  context: DriverContext,
  options: PromoteOptions,
  report = reporterOf,
): Promise<PromotionResult> {
  const watch = new Stopwatch();
  context.seekEngine();
  return lift(context, liftOfPromotion(context, options), watch, report);
}

/** Brings a given release into an environment: how a built release comes to staging. */
export async function deploy(
  context: DriverContext,
  options: DeployOptions,
  report = reporterOf,
): Promise<PromotionResult> {
  const watch = new Stopwatch();
  context.seekEngine();
  return lift(context, liftOfDeployment(context, options), watch, report);
}
