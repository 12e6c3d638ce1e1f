import { type GateFacts, isUnknown } from "./facts.ts";
import { fail, type Judgement, pass, skip } from "./gate.ts";
import type { GatePolicy } from "./policy.ts";

/** An earlier release is there to go back to, its images included. The first release of an environment has none and needs none. */
export function judgeWayBack(facts: GateFacts, policy: GatePolicy): Judgement {
  const { wayBack, environment } = facts;
  const missing = (why: string) =>
    policy.wayBack === "optional"
      ? skip(`no way back (${why}), accepted`)
      : fail("no way back", {
          code: "WayBackMissing",
          message: `${environment} could not go back from ${facts.release.version}: ${why}`,
          hint: `liftlock history ${environment}`,
        });
  if (isUnknown(wayBack)) return missing(wayBack.unknown);
  switch (wayBack.kind) {
    case "first":
      return pass("first release here: nothing to go back to");
    case "none":
      return missing("no earlier verified release is known");
    case "target":
      return wayBack.available
        ? pass(`way back: ${wayBack.version} ${wayBack.where}`)
        : missing(`the images of ${wayBack.version} are not there (${wayBack.where})`);
  }
}
