import { type GateFacts, isUnknown } from "./facts.ts";
import { fail, type Judgement, pass, wait } from "./gate.ts";
import type { GatePolicy } from "./policy.ts";
import { counted } from "./words.ts";

/** Fewer deployments are under way than may be, over all environments. */
export function judgeConcurrency(facts: GateFacts, policy: GatePolicy): Judgement {
  const { running } = facts;
  const { concurrent } = policy.limits;
  if (isUnknown(running))
    return fail("deployments under way unknown", {
      code: "ConcurrencyLimited",
      message: `what is under way in other environments could not be found out: ${running.unknown}`,
    });
  if (running.length < concurrent) return pass(`${running.length} under way of at most ${concurrent}`);
  const which = running.map(({ promotion, environment }) => `${promotion} into ${environment}`).join(", ");
  return wait(`${running.length} under way of at most ${concurrent}`, {
    code: "ConcurrencyLimited",
    message: `at most ${counted(concurrent, "deployment")} may be under way, over all environments; there ${running.length === 1 ? "is" : "are"} ${running.length}: ${which}. Try again when one has ended.`,
  });
}
