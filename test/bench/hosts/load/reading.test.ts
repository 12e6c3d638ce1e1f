import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { binned, lastOther, tally } from "./reading.ts";
import { kinds, outcomes, type Recording } from "./recording.ts";

/** One request of a recording. */
interface Request {
  sent: number;
  ended: number;
  kind: (typeof kinds)[number];
  outcome: (typeof outcomes)[number];
  version: string;
}

const quick = { kind: "new connection", outcome: "answered", version: "1.0.0" } as const;

function recordingOf(requests: readonly Request[], begun = 1000): Recording {
  const versions = ["", ...new Set(requests.map(({ version }) => version))];
  const column = (value: (request: Request) => number) => Uint8Array.from(requests.map(value));
  return {
    begun,
    versions,
    withheld: 0,
    sent: Float64Array.from(requests.map(({ sent }) => sent)),
    ended: Float64Array.from(requests.map(({ ended }) => ended)),
    kind: column(({ kind }) => kinds.indexOf(kind)),
    outcome: column(({ outcome }) => outcomes.indexOf(outcome)),
    target: column(() => 0),
    version: column(({ version }) => versions.indexOf(version)),
  };
}

const requests = fc.array(
  fc.record({
    sent: fc.integer({ min: 0, max: 60_000 }),
    ended: fc.integer({ min: 60_000, max: 65_000 }),
    kind: fc.constantFrom(...kinds),
    outcome: fc.constantFrom(...outcomes),
    version: fc.constantFrom("1.0.0", "1.1.0"),
  }),
);

describe("tally", () => {
  it("drops every outcome but an answer", () => {
    fc.assert(
      fc.property(requests, (all) => {
        const { dropped, outcomes: counts, kinds: made } = tally([recordingOf(all)]);
        expect(dropped).toBe(all.filter(({ outcome }) => outcome !== "answered").length);
        for (const found of [counts, made])
          expect(Object.values(found).reduce((sum, count) => sum + count, 0)).toBe(dropped);
      }),
    );
  });

  it("counts the rate over all recordings, and quick answers only for latencies", () => {
    const load = recordingOf([
      { ...quick, sent: 0, ended: 4 },
      { ...quick, kind: "300 ms", sent: 500, ended: 803 },
      { ...quick, sent: 1000, ended: 1004 },
    ]);
    expect(tally([load, load])).toMatchObject({ requests: 6, dropped: 0, rate: 3, p50: 4, p99: 4 });
  });
});

describe("lastOther", () => {
  it("is when the last answer by another version came, by the clock", () => {
    const load = recordingOf([
      { ...quick, version: "2.0.0", sent: 0, ended: 5 },
      { ...quick, sent: 10, ended: 12 },
      { ...quick, version: "2.0.0", sent: 11, ended: 30 },
      { ...quick, version: "2.0.0", kind: "300 ms", sent: 11, ended: 311 },
      { ...quick, sent: 40, ended: 45 },
    ]);
    expect(lastOther(load, "1.0.0")).toBe(1030);
  });

  it("is nothing when there was no change, or none that was seen", () => {
    const load = recordingOf([{ ...quick, sent: 0, ended: 5 }]);
    expect(lastOther(load, "1.0.0")).toBeUndefined();
    expect(lastOther(load, "3.0.0")).toBeUndefined();
  });
});

describe("binned", () => {
  it("loses no request, and puts each where it was sent", () => {
    fc.assert(
      fc.property(requests, fc.integer({ min: 50, max: 5000 }), (all, width) => {
        const bins = binned(recordingOf(all), width);
        expect(bins.reduce((sum, bin) => sum + bin.requests, 0)).toBe(all.length);
        expect(bins.reduce((sum, bin) => sum + bin.dropped, 0)).toBe(tally([recordingOf(all)]).dropped);
        for (const bin of bins)
          expect(bin.requests).toBe(all.filter(({ sent }) => sent >= bin.at && sent < bin.at + width).length);
      }),
    );
  });
});
