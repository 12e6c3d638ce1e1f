import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gitHubTime, judgeSecrets } from "../../src/plan/secretDrift.ts";

const at = Date.parse("2026-01-02T03:04:05Z");

test.each([
  ["2026-01-02T03:04:05Z", at],
  ["2026-01-02 03:04:05 +0000 UTC", at],
  ["2026-01-02 05:04:05 +0200 EET", at],
  ["2026-01-02 05:04:05 +0200", at],
  ["", undefined],
  ["yesterday", undefined],
])("%j is a time: %s", (text, expected) => {
  expect(gitHubTime(text)).toBe(expected);
});

describe("a secret was overwritten", () => {
  const known = { urn: "u", name: "TOKEN", environment: "production", seen: at };
  test.each([
    ["at the time the stack saw", { name: "TOKEN", environment: "production", updated: at }, false],
    ["later", { name: "TOKEN", environment: "production", updated: at + 1000 }, true],
    ["earlier: a clock of theirs", { name: "TOKEN", environment: "production", updated: at - 1000 }, false],
    [
      "later, written in small letters",
      { name: "token", environment: "production", updated: at + 1000 },
      true,
    ],
    ["later, in another environment", { name: "TOKEN", environment: "staging", updated: at + 1000 }, false],
    ["later, as the repository's own", { name: "TOKEN", updated: at + 1000 }, false],
    ["later, another one", { name: "OTHER", environment: "production", updated: at + 1000 }, false],
  ])("when it was written %s: %o, %s", (_, live, overwritten) => {
    expect(judgeSecrets([known], [live])).toHaveLength(overwritten ? 1 : 0);
  });

  test("those that were written since, and no others, whatever there is", () => {
    const secret = fc.record({
      name: fc.constantFrom("A", "B", "C", "D"),
      environment: fc.constantFrom(undefined, "staging", "production"),
      since: fc.constantFrom(-1, 0, 1),
    });
    const selector = ({ name, environment }: { name: string; environment?: string | undefined }) =>
      `${environment} ${name}`;
    fc.assert(
      fc.property(fc.uniqueArray(secret, { selector }), (secrets) => {
        const stack = secrets.map((one) => ({ ...one, urn: selector(one), seen: at }));
        const live = secrets.map(({ since, ...one }) => ({ ...one, updated: at + since }));
        const expected = secrets.filter(({ since }) => since > 0).map(selector);
        expect(judgeSecrets(stack, live).map(({ urn }) => urn)).toEqual(expected);
        // What GitHub does not list is gone, and a refresh tells of it.
        expect(judgeSecrets(stack, [])).toEqual([]);
      }),
    );
  });
});
