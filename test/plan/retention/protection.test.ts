import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type EnvironmentImages,
  protectedDigests,
  rollbackWindow,
} from "../../../src/plan/retention/protection.ts";
import { digestsOf, type Release, releaseId } from "../../../src/release/release.ts";
import { release } from "../../releases.ts";

const images = (change: Partial<EnvironmentImages>): EnvironmentImages => ({
  environment: "production",
  running: [],
  pinned: [],
  open: [],
  verified: [],
  vetoed: new Set(),
  keep: 2,
  ...change,
});
const [a, b, c, d] = ["1.0.0", "1.1.0", "1.2.0", "1.3.0"].map((version) => release(version)) as [
  Release,
  Release,
  Release,
  Release,
];
const api = (of: Release) => digestsOf(of)["api"] ?? "";

describe("protectedDigests", () => {
  it.each<[string, Partial<EnvironmentImages>, string]>([
    ["runs", { running: [api(a)], pinned: [a], verified: [a] }, "runs in production"],
    ["is pinned", { pinned: [a], open: [a] }, "is pinned in production"],
    ["is on its way", { open: [a], verified: [a] }, "is part of a promotion into production"],
    ["was verified", { verified: [b, a, c] }, "may be gone back to in production"],
  ])("keeps what %s", (_, change, why) => {
    expect(protectedDigests([images(change)]).get(api(a))).toBe(why);
  });

  it("keeps all images of a release, migrations too", () => {
    expect([...protectedDigests([images({ pinned: [a] })]).keys()]).toEqual(Object.values(digestsOf(a)));
  });

  it("does not keep what is older than the window", () => {
    expect(protectedDigests([images({ verified: [c, b, a] })]).has(api(a))).toBe(false);
  });

  it("keeps what any environment needs", () => {
    const reasons = protectedDigests([images({}), images({ environment: "staging", running: [api(a)] })]);
    expect(reasons.get(api(a))).toBe("runs in staging");
  });
});

describe("rollbackWindow", () => {
  it("counts a release once, however often it came", () => {
    expect(rollbackWindow({ verified: [c, b, c, b, a], vetoed: new Set(), keep: 3 })).toEqual([c, b, a]);
  });

  it("does not count what is vetoed, and keeps it", () => {
    expect(rollbackWindow({ verified: [d, c, b, a], vetoed: new Set([releaseId(c)]), keep: 2 })).toEqual([
      d,
      c,
      b,
    ]);
  });

  it("has as many that may come again as it shall, or all there are", () => {
    const any = fc.array(fc.constantFrom(a, b, c, d), { maxLength: 12 });
    const vetoes = fc.subarray([a, b, c, d]).map((all) => new Set(all.map(releaseId)));
    fc.assert(
      fc.property(any, vetoes, fc.integer({ min: 2, max: 5 }), (verified, vetoed, keep) => {
        const good = (all: readonly Release[]) =>
          new Set(all.map(releaseId).filter((id) => !vetoed.has(id))).size;
        expect(good(rollbackWindow({ verified, vetoed, keep }))).toBe(Math.min(keep, good(verified)));
      }),
    );
  });
});
