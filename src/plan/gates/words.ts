import { wallOf } from "./wallClock.ts";

/**
 * A time as people say it, to the unit that matters: `45 s`, `12 min`, `2 h 14 min`, `3 d 4 h`. Rounded down: "60 min of the
 * 1 h" would be a lie.
 */
export function spell(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const units = [
    ["d", 86_400],
    ["h", 3600],
    ["min", 60],
    ["s", 1],
  ] as const;
  const at = units.findIndex(([, size]) => seconds >= size);
  const [unit, size] = units[at] ?? ["s", 1];
  const whole = Math.floor(seconds / size);
  const next = units[at + 1];
  // Seconds beside minutes say nothing that anybody waits for, unless it is one minute or two.
  const rest =
    next === undefined || (unit === "min" && whole >= 3) ? 0 : Math.floor((seconds % size) / next[1]);
  return rest === 0 || next === undefined ? `${whole} ${unit}` : `${whole} ${unit} ${rest} ${next[0]}`;
}

/**
 * `14:48 UTC`; with its date (`2026-12-24 08:00 UTC`) when that is not the date of `now`. A time to come is rounded up to the
 * minute, so that it is not too early to try again then.
 */
export function clock(instant: Date, now: Date, timezone: string): string {
  const round = instant > now ? Math.ceil : Math.floor;
  const shown = new Date(wallOf(round(instant.getTime() / 60_000) * 60_000, timezone)).toISOString();
  const today = new Date(wallOf(now.getTime(), timezone)).toISOString().slice(0, 10);
  const time = `${shown.slice(11, 16)} ${timezone}`;
  return shown.startsWith(today) ? time : `${shown.slice(0, 10)} ${time}`;
}

/** `1 host`, `2 hosts` */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
