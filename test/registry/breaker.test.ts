import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  admit,
  Breakers,
  breakerLimits,
  type Circuit,
  closed,
  type Outcome,
  settle,
} from "../../src/registry/breaker.ts";

const { failures, rest } = breakerLimits;
const open = (until: number): Circuit => ({ state: "open", until });
const halfOpen: Circuit = { state: "half-open" };
const failed = (count: number): Circuit => ({ state: "closed", failures: count });

test.each<[string, Circuit, boolean, Circuit]>([
  ["closed lets through", closed, true, closed],
  ["closed with failures lets through", failed(failures - 1), true, failed(failures - 1)],
  ["open refuses before its time", open(101), false, open(101)],
  ["open lets one through when its time has come", open(100), true, halfOpen],
  ["half-open refuses while that one is on its way", halfOpen, false, halfOpen],
])("%s", (_, before, admitted, after) => {
  expect(admit(before, 100)).toEqual({ admitted, circuit: after });
});

test.each<[string, Circuit, Outcome, Circuit]>([
  ["closed, answered", failed(3), "answered", closed],
  ["closed, failed", failed(1), "failed", failed(2)],
  ["closed, failed once too often", failed(failures - 1), "failed", open(100 + rest)],
  ["closed, abandoned", failed(2), "abandoned", failed(2)],
  ["half-open, answered", halfOpen, "answered", closed],
  ["half-open, failed", halfOpen, "failed", open(100 + rest)],
  ["half-open, abandoned: the next may ask", halfOpen, "abandoned", open(100)],
  ["open, a late failure", open(500), "failed", open(500)],
  ["open, a late answer", open(500), "answered", closed],
])("%s", (_, before, outcome, after) => {
  expect(settle(before, outcome, 100)).toEqual(after);
});

describe("whatever happens", () => {
  const event = fc.record({
    wait: fc.integer({ min: 0, max: rest }),
    outcome: fc.constantFrom<Outcome>("answered", "failed", "abandoned"),
  });

  test("one request after the other: refused only within the rest after that many failures in a row", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        let circuit = closed;
        let now = 0;
        let streak = 0;
        let lastFailure = 0;
        for (const { wait, outcome } of events) {
          now += wait;
          const asked = admit(circuit, now);
          circuit = asked.circuit;
          const mayRefuse = streak >= failures && now - lastFailure < rest;
          expect(asked.admitted || mayRefuse).toBe(true);
          if (!asked.admitted) continue;
          circuit = settle(circuit, outcome, now);
          if (outcome === "answered") streak = 0;
          if (outcome === "failed") {
            streak += 1;
            lastFailure = now;
          }
          // It never stays without a way out.
          expect(admit(circuit, now + rest).admitted).toBe(true);
        }
      }),
    );
  });
});

test("circuits are kept for each registry and can be read", () => {
  let now = 1_000;
  const breakers = new Breakers(() => now);
  for (let n = 0; n < failures; n++) {
    expect(breakers.admit("a.example.com")).toEqual({ admitted: true });
    breakers.settle("a.example.com", "failed");
  }
  expect(breakers.admit("a.example.com")).toEqual({ admitted: false, until: 1_000 + rest });
  expect(breakers.admit("b.example.com")).toEqual({ admitted: true });
  expect(breakers.states()).toEqual({ "a.example.com": open(1_000 + rest), "b.example.com": closed });
  now += rest;
  expect(breakers.admit("a.example.com")).toEqual({ admitted: true });
  expect(breakers.admit("a.example.com").admitted).toBe(false);
  breakers.settle("a.example.com", "answered");
  expect(breakers.states()["a.example.com"]).toEqual(closed);
});
