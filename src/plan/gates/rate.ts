import { type GateFacts, isUnknown, type Kind, type Start } from "./facts.ts";
import { fail, type Judgement, pass, skip, wait } from "./gate.ts";
import type { GatePolicy } from "./policy.ts";
import { clock, counted, spell } from "./words.ts";

/** So many of a kind may begin within so many milliseconds. */
interface Limit {
  kind: Kind;
  noun: string;
  count: number;
  within: number;
}

/** Promotions and rollbacks are limited; a `deploy` brings a built release to the first environment and is not. */
function limitOf(kind: Kind, { limits }: GatePolicy): Limit | undefined {
  switch (kind) {
    case "promote":
      return {
        kind,
        noun: "promotion",
        count: limits.promotionsPer.count,
        within: limits.promotionsPer.seconds * 1000,
      };
    case "rollback":
      return { kind, noun: "rollback", count: limits.rollbacksPerHour, within: 3_600_000 };
    case "deploy":
    case "resume":
      return undefined;
  }
}

/**
 * When another may begin: at once, or when the oldest of the last `count` leaves the time looked at. One that seems to lie ahead
 * (another machine's clock) counts too.
 */
export function freeAt(
  starts: readonly Start[],
  now: number,
  limit: Pick<Limit, "count" | "within">,
): number {
  const newest = starts
    .map((start) => start.at.getTime())
    .filter((at) => at > now - limit.within)
    .sort((a, b) => b - a);
  const oldest = newest[limit.count - 1];
  return oldest === undefined ? now : oldest + limit.within;
}

/** Not more promotions, or rollbacks, than the limit allows; all environments count together. */
export function judgeRate(facts: GateFacts, policy: GatePolicy): Judgement {
  const limit = limitOf(facts.kind, policy);
  if (limit === undefined) return skip("no rate limit here");
  const { starts, now } = facts;
  const unread = isUnknown(starts)
    ? starts.unknown
    : starts.some(({ at }) => Number.isNaN(at.getTime()))
      ? "an entry has no time"
      : undefined;
  if (isUnknown(starts) || unread !== undefined)
    return fail("rate unknown", {
      code: "RateLimited",
      message: `how many ${limit.noun}s began lately could not be found out: ${unread}`,
    });
  const alike = starts.filter(({ kind }) => kind === limit.kind);
  const free = freeAt(alike, now.getTime(), limit);
  const allowed = `${counted(limit.count, limit.noun)} in ${spell(limit.within)}`;
  if (free <= now.getTime()) return pass(`at most ${allowed}`);
  const until = new Date(free);
  const person = limit.kind === "rollback" ? " A person has to look before the next one." : "";
  return wait(
    `limit: ${allowed}`,
    {
      code: "RateLimited",
      message: `at most ${allowed} may begin, over all environments.${person} Try again at ${clock(until, now, policy.timezone)}.`,
    },
    until,
  );
}
