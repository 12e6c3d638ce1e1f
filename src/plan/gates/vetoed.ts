import { releaseId } from "../../release/release.ts";
import { type GateFacts, isUnknown } from "./facts.ts";
import { fail, type Judgement, pass } from "./gate.ts";
import type { GatePolicy } from "./policy.ts";
import { clock } from "./words.ts";

/** The release has not failed in this environment before, or a person has lifted the veto since. */
export function judgeVeto(facts: GateFacts, policy: GatePolicy): Judgement {
  const { vetoes, environment, release, now } = facts;
  if (isUnknown(vetoes))
    return fail("vetoes unknown", {
      code: "Vetoed",
      message: `whether ${release.version} failed in ${environment} before could not be found out: ${vetoes.unknown}`,
    });
  const id = releaseId(release);
  const veto = vetoes.find((v) => v.environment === environment && v.release === id);
  if (veto === undefined) return pass("no veto");
  const at = Number.isNaN(veto.since.getTime()) ? "" : ` at ${clock(veto.since, now, policy.timezone)}`;
  return fail(`vetoed (${veto.reason.code})`, {
    code: "Vetoed",
    message: `${release.version} failed in ${environment}${at} and is vetoed there: ${veto.reason.code}: ${veto.reason.message}`,
    hint: `Once it is known why: liftlock veto lift ${environment} ${release.version} --reason "…"`,
  });
}
