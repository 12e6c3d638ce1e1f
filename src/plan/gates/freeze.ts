import type { GateFacts } from "./facts.ts";
import { freezeAt, thawAfter } from "./freezeWindows.ts";
import { fail, type Judgement, pass, skip, wait } from "./gate.ts";
import type { GatePolicy } from "./policy.ts";
import { clock } from "./words.ts";

/** No freeze is in force. */
export function judgeFreeze(facts: GateFacts, policy: GatePolicy): Judgement {
  const { freezes, timezone } = policy;
  const now = facts.now.getTime();
  if (freezes.length === 0) return skip("no freeze planned");
  const window = freezeAt(freezes, now, timezone);
  if (window === undefined) return pass("no freeze");
  const thaw = thawAfter(freezes, now, timezone);
  if (thaw === undefined)
    return fail("frozen without an end", {
      code: "FreezeWindow",
      message: `${facts.environment} is frozen (${window.reason}), and its freezes leave no time at all`,
      hint: "Look at liftlock:gates.freezes.",
    });
  const until = new Date(thaw);
  const at = clock(until, facts.now, timezone);
  return wait(
    `frozen until ${at}`,
    {
      code: "FreezeWindow",
      message: `${facts.environment} is frozen until ${at}: ${window.reason}. Try again then.`,
    },
    until,
  );
}
