import { describe, expect, it } from "vitest";
import type { Measured, TimeFigures, TrafficFigures } from "../figures.ts";
import type { Tally } from "../load/reading.ts";
import { judged, wronglyDropped } from "./judge.ts";
import { describe as describeAll, finished } from "./report.ts";

const good: Tally = {
  requests: 24_000,
  dropped: 0,
  outcomes: {},
  kinds: {},
  rate: 1000,
  withheld: 0,
  p50: 1,
  p99: 9,
};

const traffic = (ways: Partial<TrafficFigures["ways"]> = {}): TrafficFigures => ({
  rate: 1000,
  ways: {
    recreate: { ...good, dropped: 600, outcomes: { refused: 600 } },
    rolling: good,
    blueGreen: good,
    canary: good,
    kill: good,
    ...ways,
  },
  courses: {},
});

const round = { promotion: 5, process: 5.2, bare: 2, preview: 1, update: 2 };
const steps = [{ name: "verify", seconds: 1, own: 0.1 }];

const times = (changes: Partial<TimeFigures> = {}): TimeFigures => ({
  oneHost: [{ ...round, steps }],
  sixServices: [{ plain: 5, other: 6 }],
  slowLink: [{ plain: 5, other: 6.5 }],
  fourHosts: [6],
  sessions: [3, 3],
  ...changes,
});

const missed = (measured: Measured) =>
  judged(measured)
    .filter(({ holds }) => !holds)
    .map(({ what }) => what);

describe("what is asked of the figures", () => {
  it("holds where all is well; that compose alone drops requests is no fault of ours", () => {
    const all = { traffic: traffic(), times: times(), now: { hosts: 4, plain: [0.6], slow: [1.2] } };
    expect(missed(all)).toEqual([]);
    expect(wronglyDropped(all)).toBe(0);
  });

  it.each([
    ["one service to one host", { times: times({ oneHost: [{ ...round, promotion: 6.3, steps }] }) }],
    ["six services", { times: times({ sixServices: [{ plain: 4, other: 6.1 }] }) }],
    ["four hosts", { times: times({ fourHosts: [8.1] }) }],
    ["SSH connections a host", { times: times({ sessions: [3, 4] }) }],
    ["100 ms more a round trip", { times: times({ slowLink: [{ plain: 5, other: 7.1 }] }) }],
    ["rollback --now", { now: { hosts: 4, plain: [1.1], slow: [1] } }],
    ["rollback --now, 100 ms", { now: { hosts: 4, plain: [0.5], slow: [2.1] } }],
    ["dropped, rolling", { traffic: traffic({ rolling: { ...good, dropped: 1 } }) }],
    ["dropped, kill", { traffic: traffic({ kill: { ...good, dropped: 1 } }) }],
    ["not sent as they should be, canary", { traffic: traffic({ canary: { ...good, requests: 19_999 } }) }],
    ["not sent as they should be, blueGreen", { traffic: traffic({ blueGreen: { ...good, rate: 900 } }) }],
    ["not sent as they should be, blueGreen", { traffic: traffic({ blueGreen: { ...good, withheld: 3 } }) }],
  ] satisfies [string, Measured][])("tells when this is missed: %s", (what, measured) => {
    expect(missed(measured)).toEqual([what]);
  });

  it("takes nothing measured for nothing that holds", () => {
    expect(missed({ now: { hosts: 4, plain: [], slow: [] } })).toEqual([
      "rollback --now",
      "rollback --now, 100 ms",
    ]);
  });

  it("counts what was dropped where nothing may be", () => {
    expect(wronglyDropped({ traffic: traffic({ canary: { ...good, dropped: 2 } }) })).toBe(2);
  });
});

describe("what is said of it", () => {
  it("is, for programs, one object with what was measured and nothing else", () => {
    expect(finished({ traffic: traffic() })).toMatchObject({
      event: "bench.hosts.finished",
      dropped: { recreate: 600, rolling: 0, blueGreen: 0, canary: 0, kill: 0 },
      requests: 120_000,
    });
    expect(finished({ times: times() })).toEqual({
      event: "bench.hosts.finished",
      ratios: { oneHost: 1, sixServices: 1.2, fourHosts: 1.2 },
      seconds: { oneHost: 5, added100ms: 1.5 },
      sshSessionsPerHost: 3,
    });
  });

  it("is, for people, a line for each figure with its limit", () => {
    const text = describeAll({ traffic: traffic({ rolling: { ...good, dropped: 7 } }) });
    expect(text).toMatch(/dropped, rolling\s+7 requests\s+≤ 0\s+missed/);
    expect(text).toMatch(/dropped, canary\s+0 requests\s+≤ 0\s+holds/);
    expect(text).toContain("dropped 600 of 24000 requests (600 refused)");
  });
});
