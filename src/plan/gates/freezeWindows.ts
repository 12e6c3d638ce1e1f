import type { Freeze } from "./policy.ts";
import { addDays, dayNameOf, instantsOf, midnight, timeOfDay, wallOf } from "./wallClock.ts";

/** One window in which an environment is frozen; milliseconds since 1970, `from` belongs to it, `to` no longer does. */
export interface FreezeWindow {
  from: number;
  to: number;
  reason: string;
}

/**
 * The window of a weekly freeze that begins on a date. Where a time of day comes twice or not at all on that date (daylight
 * saving time), the reading that freezes longer holds.
 */
function weeklyWindow(freeze: Freeze, date: number, timezone: string): FreezeWindow {
  const [from, to] = [timeOfDay(freeze.from), timeOfDay(freeze.to)];
  const end = to > from ? to : to + timeOfDay("24:00");
  return {
    from: Math.min(...instantsOf(date + from, timezone)),
    to: Math.max(...instantsOf(date + end, timezone)),
    reason: freeze.reason,
  };
}

/** The windows of a freeze that may hold at an instant; `timezone` is that of freezes which name none. */
function windowsNear(freeze: Freeze, instant: number, timezone: string): FreezeWindow[] {
  const { days } = freeze;
  if (days === undefined)
    return [{ from: Date.parse(freeze.from), to: Date.parse(freeze.to), reason: freeze.reason }];
  const zone = freeze.timezone ?? timezone;
  const today = midnight(wallOf(instant, zone));
  // Yesterday's may last over midnight; tomorrow's may begin today when its first hour is left out.
  return [-1, 0, 1]
    .map((offset) => addDays(today, offset))
    .filter((date) => days.includes(dayNameOf(date)))
    .map((date) => weeklyWindow(freeze, date, zone));
}

/** The window that holds at an instant and lasts longest, if any does. */
export function freezeAt(
  freezes: readonly Freeze[],
  instant: number,
  timezone: string,
): FreezeWindow | undefined {
  return freezes
    .flatMap((freeze) => windowsNear(freeze, instant, timezone))
    .filter(({ from, to }) => from <= instant && instant < to)
    .sort((a, b) => b.to - a.to)[0];
}

/** More windows than this in a row are called endless: a year of days and some one-off freezes. */
const inARow = 400;

/** When nothing freezes any more: windows that meet or overlap are one. Absent: never. */
export function thawAfter(freezes: readonly Freeze[], instant: number, timezone: string): number | undefined {
  let at = instant;
  for (let count = 0; count < inARow; count++) {
    const window = freezeAt(freezes, at, timezone);
    if (window === undefined) return at;
    at = window.to;
  }
  return undefined;
}
