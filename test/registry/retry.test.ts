import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { maximumTries, passes, retryAfter, waitAfter } from "../../src/registry/retry.ts";

test.each([
  [200, false],
  [400, false],
  [401, false],
  [404, false],
  [408, true],
  [429, true],
  [500, true],
  [501, false],
  [503, true],
])("%i passes: %s", (status, expected) => {
  expect(passes(status)).toBe(expected);
});

describe("Retry-After", () => {
  const now = Date.parse("2026-01-02T03:04:05Z");
  test.each([
    [null, undefined],
    ["3", 3000],
    [" 0 ", 0],
    ["Fri, 02 Jan 2026 03:04:15 GMT", 10_000],
    ["Fri, 02 Jan 2026 03:00:00 GMT", 0],
    ["soon", undefined],
    ["-5x", undefined],
  ])("%j is %j ms", (header, expected) => {
    expect(retryAfter(header, now)).toBe(expected);
  });
});

describe("the wait after a failed try", () => {
  test("is none after the last", () => {
    expect(waitAfter(maximumTries, undefined, 0)).toBeUndefined();
    expect(waitAfter(maximumTries, 10, 0)).toBeUndefined();
  });

  test("is what the registry asks for, unless that is too long", () => {
    expect(waitAfter(1, 7_000, 0.3)).toBe(7_000);
    expect(waitAfter(1, 31_000, 0.3)).toBeUndefined();
  });

  test("doubles, and jitter takes at most half of it away", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: maximumTries - 1 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (attempt, random) => {
          const wait = waitAfter(attempt, undefined, random) ?? -1;
          const whole = 200 * 2 ** (attempt - 1);
          expect(wait).toBeGreaterThanOrEqual(whole / 2);
          expect(wait).toBeLessThanOrEqual(whole);
        },
      ),
    );
  });
});
