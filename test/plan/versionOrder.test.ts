import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareVersions } from "../../src/plan/versionOrder.ts";

/** In the order that semver.org gives them. */
const ordered = [
  "none",
  "1.0.0-alpha",
  "1.0.0-alpha.1",
  "1.0.0-alpha.beta",
  "1.0.0-beta",
  "1.0.0-beta.2",
  "1.0.0-beta.11",
  "1.0.0-rc.1",
  "1.0.0",
  "1.0.1",
  "1.2.0",
  "1.10.0",
  "2.0.0",
];

describe("compareVersions", () => {
  it("has the order of semantic versions", () => {
    fc.assert(
      fc.property(fc.nat(ordered.length - 1), fc.nat(ordered.length - 1), (i, j) => {
        expect(compareVersions(ordered[i] ?? "", ordered[j] ?? "")).toBe(Math.sign(i - j));
      }),
    );
  });

  it("does not count what a build adds", () => {
    expect(compareVersions("1.0.0+5", "1.0.0+7")).toBe(0);
  });
});
