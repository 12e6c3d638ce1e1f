/** Wall-clock times of a time zone, and the instants they stand for; daylight saving time as the platform's tables have it. */

export const dayNames = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

export type DayName = (typeof dayNames)[number];

/** `00:00` to `24:00`. */
export const wallTimePattern = /^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/;

const day = 86_400_000;

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timezone: string): Intl.DateTimeFormat {
  const known = formats.get(timezone);
  if (known) return known;
  const made = new Intl.DateTimeFormat("en-US", {
    timeZone: timezone,
    calendar: "iso8601",
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  formats.set(timezone, made);
  return made;
}

/** True for a name of the IANA time zone database that this platform knows. Bare offsets are refused: they know no summer. */
export function isTimezone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

/** What a zone's clocks and calendars show at an instant, as milliseconds since 1970-01-01T00:00 on that same wall. */
export function wallOf(instant: number, timezone: string): number {
  const parts = Object.fromEntries(
    formatOf(timezone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day: date = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, date, hour, minute, second) + (((instant % 1000) + 1000) % 1000);
}

const offsetAt = (instant: number, timezone: string) => wallOf(instant, timezone) - instant;

/**
 * The instants that a wall-clock time may stand for: one as a rule, two in the hour that autumn repeats. The hour that spring
 * leaves out has none; then the readings before and after the change.
 */
export function instantsOf(wall: number, timezone: string): readonly [number, ...number[]] {
  const before = wall - offsetAt(wall - day, timezone);
  const after = wall - offsetAt(wall + day, timezone);
  const real = [before, after].filter((instant) => wallOf(instant, timezone) === wall);
  const [first, ...rest] = real.length > 0 ? real : [before, after];
  return [first ?? before, ...rest];
}

/** Midnight at the beginning of a wall-clock time's date. */
export const midnight = (wall: number): number => Math.floor(wall / day) * day;

/** Midnight some dates later, on the wall. */
export const addDays = (wallMidnight: number, days: number): number => wallMidnight + days * day;

/** 1970-01-01 was a Thursday. */
export const dayNameOf = (wall: number): DayName =>
  dayNames[(((Math.floor(wall / day) + 3) % 7) + 7) % 7] ?? "mon";

/** `16:00` as milliseconds since midnight. */
export function timeOfDay(written: string): number {
  const [hours = 0, minutes = 0] = written.split(":").map(Number);
  return (hours * 60 + minutes) * 60_000;
}
