import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judgeBackups } from "../../src/plan/backupVerdict.ts";

const day = 86_400_000;
const now = Date.parse("2026-03-10T12:00:00Z");
const nothing = { last: undefined, failure: undefined, drilled: undefined };

describe("what is wrong with backups", () => {
  it.each([
    ["none yet", nothing, ["there is no backup yet"]],
    ["a recent one", { ...nothing, last: now - day }, []],
    ["two times the schedule", { ...nothing, last: now - 2 * day }, []],
    ["older", { ...nothing, last: now - 2 * day - 1 }, ["the newest backup is"]],
    [
      "a failure after it",
      { ...nothing, last: now - day, failure: { at: now - 1, message: "disk full" } },
      ["the last backup failed: disk full"],
    ],
    [
      "a failure before it",
      { ...nothing, last: now - day, failure: { at: now - day - 1, message: "disk full" } },
      [],
    ],
    ["a drill that passed", { ...nothing, last: now, drilled: { at: now, passed: true } }, []],
    [
      "a drill that failed",
      { ...nothing, last: now, drilled: { at: now, passed: false, message: "no archive" } },
      ["the last drill failed: no archive"],
    ],
  ])("%s", (_, facts, expected) => {
    const found = judgeBackups(facts, day, now);
    expect(found).toHaveLength(expected.length);
    for (const [index, text] of expected.entries()) expect(found[index]).toContain(text);
  });

  it("never gets less with time alone", () => {
    const time = fc.integer({ min: 0, max: 30 * day });
    fc.assert(
      fc.property(time, time, fc.boolean(), (age, later, passed) => {
        const facts = { ...nothing, last: now - age, drilled: { at: now, passed } };
        const [first, second] = [judgeBackups(facts, day, now), judgeBackups(facts, day, now + later)];
        expect(second.length).toBeGreaterThanOrEqual(first.length);
      }),
    );
  });
});
