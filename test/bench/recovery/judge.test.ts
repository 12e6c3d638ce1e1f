import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BenchFailure } from "../failure.ts";
import { judge, type Sighting } from "./judge.ts";
import type { Probe } from "./probe.ts";

const began = 1_000_000;
const urls = ["http://a/healthz", "http://b/healthz"];

/** Probes of both endpoints every 100 ms; `bad` lists when, milliseconds after the beginning, which one failed. */
function probesOf(bad: readonly (readonly [at: number, url: number])[], until = 10_000): Probe[] {
  const probes: Probe[] = [];
  for (let at = -1_000; at <= until; at += 100)
    for (const [index, url] of urls.entries()) {
      const failed = bad.some(([when, which]) => when === at && which === index);
      probes.push({ url, at: began + at, ...(failed && { problem: "answered 502" }) });
    }
  return probes;
}

const sighting = (probes: readonly Probe[], more: Partial<Sighting> = {}): Sighting => ({
  probes,
  began,
  failed: began + 3_000,
  update: 1.5,
  check: { interval: 2, retries: 1 },
  ...more,
});

describe("what the public saw", () => {
  it("is told from the first failing probe on", () => {
    const probes = probesOf([
      [1_000, 0],
      [1_100, 1],
      [4_000, 1],
    ]);
    expect(judge(sighting(probes, { exited: began + 900 }))).toEqual({
      probes: probes.length,
      failing: 3,
      outage: 3,
      detection: 2,
      recovery: 3.1,
      update: 1.5,
      bound: 5.5,
      holds: true,
      exitKnown: 2.1,
    });
  });

  it("says nothing of containers when none ended", () => {
    expect(judge(sighting(probesOf([[1_000, 0]])))).not.toHaveProperty("exitKnown");
  });

  it.each<[string, number, boolean]>([
    ["at the bound", 6_400, true],
    ["beyond it", 6_500, false],
  ])("is judged by the bound: %s", (_, last, holds) => {
    const probes = probesOf([
      [1_000, 0],
      [last, 0],
    ]);
    expect(judge(sighting(probes))).toMatchObject({ bound: 5.5, recovery: (last - 900) / 1000, holds });
  });

  it("recovers after its last failing probe, and not before it was asked again", () => {
    const moment = fc.tuple(fc.integer({ min: 0, max: 90 }), fc.constantFrom(0, 1));
    fc.assert(
      fc.property(fc.array(moment, { minLength: 1, maxLength: 30 }), (moments) => {
        const probes = probesOf(moments.map(([tenths, url]) => [tenths * 100, url]));
        const { outage, recovery, failing } = judge(sighting(probes));
        const tenths = moments.map(([at]) => at);
        expect(outage).toBeCloseTo((Math.max(...tenths) - Math.min(...tenths)) / 10, 6);
        expect(recovery).toBeCloseTo(outage + 0.1, 6);
        expect(failing).toBe(new Set(moments.map(String)).size);
      }),
    );
  });
});

describe("figures that would mean nothing are refused", () => {
  it.each<[string, Probe[]]>([
    ["nothing failed", probesOf([])],
    ["something failed before the promotion", probesOf([[-500, 0]])],
    ["it failed to the end", probesOf([[10_000, 1]])],
    ["one endpoint was not asked again", probesOf([[5_000, 0]], 5_000).slice(0, -1)],
  ])("%s", (_, probes) => {
    expect(() => judge(sighting(probes))).toThrow(BenchFailure);
  });
});
