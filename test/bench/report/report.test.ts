import { describe, expect, it } from "vitest";
import { type RecoveryCase, type Round, summarise } from "../figures.ts";
import { describe as describeFigures, finished } from "./report.ts";

/** A round in which the hosts fetched so much during the update. */
const round = (inUpdate: number, copySeconds: number): Round => ({
  bare: 1,
  promotion: {
    seconds: 4,
    own: 0.3,
    steps: [{ name: "copy", seconds: copySeconds, own: 0.1 }],
    sessions: [2, 3],
    gates: [
      { gate: "drift", status: "pass" },
      { gate: "soak", status: "skipped" },
    ],
    details: { images: "6 of 6 whole" },
    registry: {
      fetched: { images: 28, ...(inUpdate > 0 && { deploy: inUpdate }) },
      verifying: 11,
      copy: { requests: { mount: 44 }, perService: 15.5, asking: 1, layerBytes: 0 },
    },
  },
});

const recovered = (name: string, recovery: number, exitKnown?: number): RecoveryCase => ({
  name,
  code: "StartFailed",
  probes: 100,
  failing: 20,
  outage: 2,
  detection: 1,
  recovery,
  update: 1,
  bound: 5,
  holds: recovery <= 5,
  ...(exitKnown !== undefined && { exitKnown }),
  steps: [],
});

const recovery = {
  probes: { interval: 100, endpoints: 8 },
  check: { interval: 2, retries: 1 },
  timeout: 60,
  cases: [recovered("crashes at start", 4, 1.5), recovered("endpoint answers 500", 6)],
};

describe("the last line of --json", () => {
  it("says null of what was not measured", () => {
    expect(finished({ fleets: [] })).toEqual({
      event: "bench.finished",
      driverOverhead: null,
      sshSessionsPerHost: null,
      hosts: {},
      engine: null,
      recovery: null,
      crashKnown: null,
      copy: null,
    });
  });

  it("has the figures of two hosts, and every case of recovery", () => {
    const fleets = [summarise(2, [round(0, 0.2), round(0, 0.4)])];
    expect(finished({ fleets, recovery })).toMatchObject({
      driverOverhead: 0.075,
      sshSessionsPerHost: 3,
      copy: { seconds: 0.3, requestsPerService: 15.5, questionsPerService: 1, layerBytes: 0 },
      recovery: {
        "crashes at start": { detection: 1, recovery: 4, bound: 5, holds: true },
        "endpoint answers 500": { holds: false },
      },
      crashKnown: 1.5,
    });
  });
});

describe("the report", () => {
  it("hides no round in which an update fetched something", () => {
    expect(summarise(2, [round(0, 1), round(3, 1), round(0, 1)]).registry.inUpdate).toBe(3);
  });

  it("says what was on, and which bound was missed", () => {
    const text = describeFigures({ fleets: [summarise(2, [round(0, 1)])], recovery });
    expect(text).toContain("drift: pass; soak: skipped");
    expect(text).toMatch(/crashes at start .*holds/);
    expect(text).toMatch(/endpoint answers 500 .*missed/);
    expect(text).not.toContain("The engine alone");
  });
});
