import { type GateFacts, isUnknown } from "./facts.ts";
import { fail, type Judgement, pass, skip, wait } from "./gate.ts";
import type { GatePolicy } from "./policy.ts";
import { clock, spell } from "./words.ts";

/** The release has run verified in the source environment for as long as the target asks for. */
export function judgeSoak(facts: GateFacts, policy: GatePolicy): Judgement {
  const { source, release, environment, now } = facts;
  const asked = policy.soak * 1000;
  if (asked === 0) return skip("no soak asked for");
  const refuse = (why: string) =>
    fail("soak unknown", {
      code: "SoakTooShort",
      message: `${environment} asks that ${release.version} has run elsewhere for ${spell(asked)}: ${why}`,
    });
  if (source === undefined) return refuse("it comes from a file and has run nowhere");
  if (isUnknown(source.verifiedSince))
    return refuse(
      `since when it runs in ${source.environment} is not known (${source.verifiedSince.unknown})`,
    );
  const run = now.getTime() - source.verifiedSince.getTime();
  if (Number.isNaN(run)) return refuse(`since when it runs in ${source.environment} is not a time`);
  if (run >= asked) return pass(`soak ${spell(run)} ≥ ${spell(asked)}`);
  const until = new Date(source.verifiedSince.getTime() + asked);
  return wait(
    `soak ${spell(run)} < ${spell(asked)}`,
    {
      code: "SoakTooShort",
      message: `${release.version} has run in ${source.environment} for ${spell(run)} of the ${spell(asked)} that ${environment} asks for. Try again at ${clock(until, now, policy.timezone)}.`,
    },
    until,
  );
}
