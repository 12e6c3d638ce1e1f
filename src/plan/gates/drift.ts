import { type GateFacts, isUnknown } from "./facts.ts";
import { fail, type Judgement, pass, skip } from "./gate.ts";
import type { GatePolicy } from "./policy.ts";
import { counted } from "./words.ts";

/** Findings told in a refusal; the rest are counted. */
const told = 3;

/** The target is what its pin and its stack say. An update over a difference would hide it. */
export function judgeDrift(facts: GateFacts, policy: GatePolicy): Judgement {
  const { drift, environment } = facts;
  const hint = `liftlock drift ${environment}`;
  if (isUnknown(drift)) {
    if (policy.drift === "accept") return skip("drift not known, accepted");
    const message = `whether ${environment} has drifted could not be found out: ${drift.unknown}`;
    return fail("drift unknown", { code: "Drifted", message, hint });
  }
  if (drift.length === 0) return pass("no drift");
  if (policy.drift === "accept") return pass(`drift accepted (${drift.length})`);
  const more = drift.length > told ? [`and ${drift.length - told} more`] : [];
  return fail(counted(drift.length, "drift finding"), {
    code: "Drifted",
    message: `${environment} is not what its pin and stack say: ${[...drift.slice(0, told), ...more].join("; ")}`,
    hint,
  });
}
