import { judgeConcurrency } from "./concurrency.ts";
import { judgeDrift } from "./drift.ts";
import type { GateFacts, Kind } from "./facts.ts";
import { judgeFreeze } from "./freeze.ts";
import {
  type GateName,
  type GateVerdict,
  gateNames,
  isOverridable,
  type Judgement,
  type Override,
  skip,
} from "./gate.ts";
import { overrideHint } from "./override.ts";
import type { GatePolicy } from "./policy.ts";
import { judgeRate } from "./rate.ts";
import { judgeSoak } from "./soak.ts";
import { judgeStop } from "./stop.ts";
import { judgeTests } from "./tests.ts";
import { judgeVeto } from "./vetoed.ts";
import { judgeWayBack } from "./wayBack.ts";

const rules: Readonly<Record<GateName, (facts: GateFacts, policy: GatePolicy) => Judgement>> = {
  stop: judgeStop,
  veto: judgeVeto,
  tests: judgeTests,
  soak: judgeSoak,
  freeze: judgeFreeze,
  drift: judgeDrift,
  wayBack: judgeWayBack,
  rate: judgeRate,
  concurrency: judgeConcurrency,
};

/**
 * The gates a kind of promotion has to pass. A rollback mends the environment: only its own rate is limited, and it waits for
 * nobody (the lease keeps two from overlapping in one environment). A resume brings to a defined state what passed its gates when
 * it began.
 */
const gatesOf: Readonly<Record<Kind, readonly GateName[]>> = {
  promote: gateNames,
  deploy: gateNames,
  rollback: ["rate"],
  resume: [],
};

const refuses = ({ status }: Judgement) => status === "fail" || status === "waiting";

function judgeGate(
  gate: GateName,
  facts: GateFacts,
  policy: GatePolicy,
  overrides: readonly Override[],
): GateVerdict {
  if (!gatesOf[facts.kind].includes(gate)) return { gate, ...skip(`not asked of a ${facts.kind}`) };
  const found = rules[gate](facts, policy);
  if (!refuses(found) || !isOverridable(gate)) return { gate, ...found };
  const override = overrides.find((o) => o.gate === gate && o.reason.trim() !== "" && o.by.trim() !== "");
  if (override !== undefined) return { gate, ...found, status: "overridden", override };
  const { reason } = found;
  if (reason === undefined) return { gate, ...found };
  const hint = [reason.hint, overrideHint(gate, facts)].filter((line) => line !== undefined).join("\n  ");
  return { gate, ...found, reason: { ...reason, hint } };
}

/**
 * Judges every gate; all of them, so that a plan shows them together. Pure: the clock is `facts.now`.
 * @returns one verdict a gate, in the order of `gateNames`
 */
export const judgeGates = (
  policy: GatePolicy,
  facts: GateFacts,
  overrides: readonly Override[] = [],
): GateVerdict[] => gateNames.map((gate) => judgeGate(gate, facts, policy, overrides));
