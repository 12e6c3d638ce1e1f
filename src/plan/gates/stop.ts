import { type GateFacts, isUnknown } from "./facts.ts";
import { fail, type Judgement, pass } from "./gate.ts";
import type { GatePolicy } from "./policy.ts";
import { clock } from "./words.ts";

/** No emergency stop is in force. It is not overridden, only lifted: one who must go on has to say so to everybody. */
export function judgeStop(facts: GateFacts, policy: GatePolicy): Judgement {
  const { stop, now } = facts;
  if (stop === undefined) return pass("not stopped");
  if (isUnknown(stop))
    return fail("stop unknown", {
      code: "Stopped",
      message: `whether an emergency stop is in force could not be found out: ${stop.unknown}`,
    });
  const since = Number.isNaN(stop.at.getTime()) ? "" : ` since ${clock(stop.at, now, policy.timezone)}`;
  return fail(`stopped by ${stop.by}`, {
    code: "Stopped",
    message: `${stop.by} has stopped deployments into ${facts.environment}${since}: ${stop.reason}. Only rollbacks may go on.`,
    hint: "It cannot be overridden. Lift it: liftlock stop --lift",
  });
}
