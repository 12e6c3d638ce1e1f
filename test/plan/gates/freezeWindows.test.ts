import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { freezeAt, thawAfter } from "../../../src/plan/gates/freezeWindows.ts";
import type { Freeze } from "../../../src/plan/gates/policy.ts";
import { dayNameOf, dayNames, instantsOf, timeOfDay, wallOf } from "../../../src/plan/gates/wallClock.ts";

const at = (text: string) => Date.parse(text);
const weekly = (days: Freeze["days"], from: string, to: string, timezone = "Europe/Berlin"): Freeze => ({
  days,
  from,
  to,
  timezone,
  reason: "x",
});
const iso = (instant: number | undefined) =>
  instant === undefined ? undefined : new Date(instant).toISOString().replace(".000", "");

/** Berlin: 2026-03-29 02:00 becomes 03:00 (01:00Z); 2026-10-25 03:00 becomes 02:00 (01:00Z). */
describe("freezeAt", () => {
  it.each<[string, Freeze, string, boolean]>([
    ["within", weekly(["wed"], "09:00", "17:00"), "2026-01-07T15:59:59Z", true],
    ["the first instant", weekly(["wed"], "09:00", "17:00"), "2026-01-07T08:00:00Z", true],
    ["the last instant is outside", weekly(["wed"], "09:00", "17:00"), "2026-01-07T16:00:00Z", false],
    ["another day", weekly(["thu"], "09:00", "17:00"), "2026-01-07T12:00:00Z", false],
    ["in summer an hour earlier in UTC", weekly(["wed"], "09:00", "17:00"), "2026-07-08T07:00:00Z", true],
    ["in summer an hour earlier over", weekly(["wed"], "09:00", "17:00"), "2026-07-08T15:00:00Z", false],
    ["over midnight", weekly(["wed"], "22:00", "06:00"), "2026-01-08T04:59:00Z", true],
    ["over midnight, ended", weekly(["wed"], "22:00", "06:00"), "2026-01-08T05:00:00Z", false],
    ["over midnight, the day before", weekly(["wed"], "22:00", "06:00"), "2026-01-07T04:00:00Z", false],
    ["to the day's end", weekly(["wed"], "00:00", "24:00"), "2026-01-07T22:59:59Z", true],
    ["from midnight on", weekly(["wed"], "00:00", "24:00"), "2026-01-06T23:00:00Z", true],
    ["to the day's end, over", weekly(["wed"], "00:00", "24:00"), "2026-01-07T23:00:00Z", false],
    // Spring: 02:30 is left out that night.
    ["begins in the hour left out", weekly(["sun"], "02:30", "06:00"), "2026-03-29T00:30:00Z", true],
    ["ends in the hour left out", weekly(["sun"], "01:00", "02:30"), "2026-03-29T01:29:00Z", true],
    ["ended after the hour left out", weekly(["sun"], "01:00", "02:30"), "2026-03-29T01:30:00Z", false],
    ["a whole day of 23 hours, begun", weekly(["sun"], "00:00", "24:00"), "2026-03-28T23:00:00Z", true],
    ["a whole day of 23 hours, its end", weekly(["sun"], "00:00", "24:00"), "2026-03-29T22:00:00Z", false],
    // Autumn: 02:30 comes twice that night, at 00:30Z and 01:30Z.
    ["begins at the first of two", weekly(["sun"], "02:30", "06:00"), "2026-10-25T00:30:00Z", true],
    ["goes on through the repeated hour", weekly(["sun"], "02:30", "06:00"), "2026-10-25T01:10:00Z", true],
    ["ends at the second of two", weekly(["sun"], "01:00", "02:30"), "2026-10-25T01:29:00Z", true],
    ["ended after the second", weekly(["sun"], "01:00", "02:30"), "2026-10-25T01:30:00Z", false],
    ["a whole day of 25 hours, its last", weekly(["sun"], "00:00", "24:00"), "2026-10-25T22:59:00Z", true],
    ["a whole day of 25 hours, its end", weekly(["sun"], "00:00", "24:00"), "2026-10-25T23:00:00Z", false],
    // Half an hour's change, and a change at midnight.
    ["Lord Howe", weekly(["sun"], "02:10", "03:00", "Australia/Lord_Howe"), "2026-10-03T15:30:00Z", true],
    ["Cairo", weekly(["fri"], "00:00", "01:00", "Africa/Cairo"), "2026-04-23T21:30:00Z", true],
    [
      "once",
      { from: "2026-01-07T10:00:00+01:00", to: "2026-01-07T11:00:00+01:00", reason: "x" },
      "2026-01-07T09:30:00Z",
      true,
    ],
    [
      "once, over",
      { from: "2026-01-07T10:00:00+01:00", to: "2026-01-07T11:00:00+01:00", reason: "x" },
      "2026-01-07T10:00:00Z",
      false,
    ],
  ])("%s", (_, freeze, instant, frozen) => {
    expect(freezeAt([freeze], at(instant), "UTC") !== undefined).toBe(frozen);
  });

  it("takes the policy's time zone where the freeze names none", () => {
    const { timezone: _, ...freeze } = weekly(["wed"], "09:00", "10:00");
    expect(freezeAt([freeze], at("2026-01-07T08:30:00Z"), "Europe/Berlin")).toBeDefined();
    expect(freezeAt([freeze], at("2026-01-07T08:30:00Z"), "UTC")).toBeUndefined();
  });
});

describe("thawAfter", () => {
  const weekend = [
    weekly(["fri"], "16:00", "24:00"),
    weekly(["sat", "sun"], "00:00", "24:00"),
    weekly(["mon"], "00:00", "08:00"),
  ];

  it.each([
    ["windows that meet are one", weekend, "2026-01-09T15:00:00Z", "2026-01-12T07:00:00Z"],
    ["over a change of clocks", weekend, "2026-03-27T15:00:00Z", "2026-03-30T06:00:00Z"],
    ["not frozen: now", weekend, "2026-01-07T12:00:00Z", "2026-01-07T12:00:00Z"],
    ["always", [weekly([...dayNames], "00:00", "24:00")], "2026-01-07T12:00:00Z", undefined],
  ])("%s", (_, freezes, from, to) => {
    expect(iso(thawAfter(freezes, at(from), "UTC"))).toBe(to);
  });
});

describe("over years and zones", () => {
  const zone = fc.constantFrom(
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Asia/Kathmandu",
    "Pacific/Auckland",
  );
  const minute = fc
    .integer({ min: at("2025-01-01T00:00:00Z") / 60_000, max: at("2028-01-01T00:00:00Z") / 60_000 })
    .map((m) => m * 60_000);
  const time = fc
    .integer({ min: 0, max: 1439 })
    .map((m) => `${String(Math.floor(m / 60)).padStart(2, "0")}:${String(m % 60).padStart(2, "0")}`);
  const freeze = fc
    .record({ days: fc.subarray([...dayNames], { minLength: 1 }), from: time, to: time, timezone: zone })
    .map((f): Freeze => ({ ...f, reason: "x" }));

  it("an instant is among the instants of what its wall shows", () => {
    fc.assert(
      fc.property(minute, zone, (instant, timezone) => {
        expect(instantsOf(wallOf(instant, timezone), timezone)).toContain(instant);
      }),
      { numRuns: 300 },
    );
  });

  /** What the clock on the wall says, taken literally. */
  const literally = (f: Freeze, instant: number) => {
    const wall = wallOf(instant, f.timezone ?? "UTC");
    const clock = ((wall % 86_400_000) + 86_400_000) % 86_400_000;
    const [from, to] = [timeOfDay(f.from), timeOfDay(f.to)];
    const on = (date: number) => (f.days ?? []).includes(dayNameOf(date));
    if (to > from) return on(wall) && clock >= from && clock < to;
    return (on(wall) && clock >= from) || (on(wall - 86_400_000) && clock < to);
  };

  it("what the wall clock says is frozen is frozen; more than that only within a change of clocks", () => {
    fc.assert(
      fc.property(freeze, minute, (f, instant) => {
        const frozen = freezeAt([f], instant, "UTC") !== undefined;
        const offset = (t: number) => wallOf(t, f.timezone ?? "UTC") - t;
        const calm = offset(instant - 86_400_000) === offset(instant + 2 * 86_400_000);
        expect(frozen).toBe(literally(f, instant) || (frozen && !calm));
      }),
      { numRuns: 1000 },
    );
  });

  it("nothing is frozen at the thaw, and everything until then is", () => {
    fc.assert(
      fc.property(
        fc.array(freeze, { maxLength: 3 }),
        minute,
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (all, instant, part) => {
          const thaw = thawAfter(all, instant, "UTC");
          if (thaw === undefined) return;
          expect(freezeAt(all, thaw, "UTC")).toBeUndefined();
          const between = Math.floor(instant + part * (thaw - instant));
          expect(freezeAt(all, between, "UTC") !== undefined).toBe(thaw > instant);
        },
      ),
      { numRuns: 300 },
    );
  });
});
