import { describe, expect, it } from "vitest";
import {
  parseRestartPolicy,
  restartDelay,
  restartsAfterExit,
  restartsAtBoot,
} from "../../../../rehearsal/host/engine/restart.ts";

const policy = (text: string) => {
  const parsed = parseRestartPolicy(text);
  expect(parsed).toBeDefined();
  return parsed ?? { name: "no" as const, maximumRetryCount: 0 };
};

describe("restart policies", () => {
  it.each(["sometimes", "always:3", "on-failure:x", ""])("%j is none", (text) => {
    expect(parseRestartPolicy(text)).toBeUndefined();
  });

  it.each([
    ["no", 1, 0, false],
    ["always", 0, 9, true],
    ["unless-stopped", 0, 9, true],
    ["on-failure", 0, 0, false],
    ["on-failure", 1, 99, true],
    ["on-failure:2", 1, 1, true],
    ["on-failure:2", 1, 2, false],
  ])("%s after exit code %i and %i restarts: %s", (text, code, count, again) => {
    expect(restartsAfterExit(policy(text), code, count)).toBe(again);
  });

  it.each([
    ["no", true, false, false],
    ["always", false, true, true],
    ["unless-stopped", true, false, true],
    ["unless-stopped", false, true, false],
    ["on-failure", true, false, true],
    ["on-failure", false, false, false],
  ])("%s at boot, ran: %s, stopped on purpose: %s: %s", (text, wasRunning, stoppedOnPurpose, starts) => {
    expect(restartsAtBoot(policy(text), { wasRunning, stoppedOnPurpose })).toBe(starts);
  });

  it("waits longer every time, at most a minute", () => {
    expect([0, 1, 2, 20].map(restartDelay)).toEqual([100, 200, 400, 60_000]);
  });
});
