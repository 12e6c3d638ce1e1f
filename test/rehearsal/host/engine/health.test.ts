import { describe, expect, it } from "vitest";
import { type Health, judge } from "../../../../rehearsal/host/engine/health.ts";

const check = { retries: 3, startPeriod: 1000 };
const starting: Health = { Status: "starting", FailingStreak: 0, Log: [] };
const probe = (exitCode: number, at: number) => ({ exitCode, output: "", start: at, end: at + 1 });
const after = (codes: readonly (readonly [code: number, at: number])[]) =>
  codes.reduce((health, [code, at]) => judge(health, probe(code, at), check, 0), starting);

describe("judge", () => {
  it("is healthy after one success", () => {
    expect(
      after([
        [1, 100],
        [0, 200],
      ]),
    ).toMatchObject({ Status: "healthy", FailingStreak: 0 });
  });

  it("does not count failures in the start period", () => {
    expect(
      after([
        [1, 100],
        [1, 200],
        [1, 300],
        [1, 999],
      ]),
    ).toMatchObject({ Status: "starting", FailingStreak: 0 });
  });

  it("is unhealthy after as many failures in a row as retries", () => {
    expect(
      after([
        [1, 1000],
        [1, 1001],
      ]),
    ).toMatchObject({ Status: "starting", FailingStreak: 2 });
    expect(
      after([
        [1, 1000],
        [1, 1001],
        [1, 1002],
      ]),
    ).toMatchObject({ Status: "unhealthy", FailingStreak: 3 });
  });

  it("counts failures in the start period once it was healthy", () => {
    expect(
      after([
        [0, 1],
        [1, 2],
        [1, 3],
        [1, 4],
      ]),
    ).toMatchObject({ Status: "unhealthy" });
  });

  it("recovers", () => {
    expect(
      after([
        [1, 1000],
        [1, 1001],
        [1, 1002],
        [0, 1003],
      ]),
    ).toMatchObject({ Status: "healthy", FailingStreak: 0 });
  });

  it("keeps the last five results", () => {
    const { Log } = after(Array.from({ length: 9 }, (_, index) => [index % 2, index] as const));
    expect(Log.map(({ ExitCode }) => ExitCode)).toEqual([0, 1, 0, 1, 0]);
  });
});
