import { expect, it } from "vitest";
import { daysLeft, judgeCertificates } from "../../src/plan/certificate.ts";
import type { CertificateFacts, HostFacts } from "../../src/plan/facts.ts";

const now = new Date("2026-06-01T12:00:00Z");
const inDays = (days: number) => new Date(now.getTime() + days * 86_400_000).toISOString();

const good: CertificateFacts = {
  names: ["example.com", "www.example.com"],
  issuer: "R11",
  selfSigned: false,
  from: inDays(-30),
  until: inDays(60),
  wanted: ["example.com", "www.example.com"],
};
const failure = { count: 3, next: inDays(1), why: "no address of example.com was found" };

const reading = (certificate: CertificateFacts | undefined): HostFacts => ({
  host: "shop-production-1",
  attempt: 1,
  phase: "deployed",
  release: undefined,
  files: {},
  containers: [],
  certificate,
});

it.each<[string, Partial<CertificateFacts>, [boolean, RegExp][]]>([
  ["is as it should be", {}, []],
  ["was configured, and is good", { wanted: undefined }, []],
  ["ends in 14 days", { until: inDays(14) }, []],
  ["ends before that", { until: inDays(13.9) }, [[false, /ends in 13 days$/]]],
  [
    "ends tomorrow",
    { until: inDays(1.5), failure },
    [[false, /ends in 1 day \(no address .*; tried 3 times, next after /]],
  ],
  ["has ended", { until: inDays(-0.1) }, [[true, /ended on 2026-06-01/]]],
  ["was configured, and has ended", { until: inDays(-2), wanted: undefined }, [[true, /ended on/]]],
  ["lacks a name", { names: ["example.com"] }, [[true, /lacks www\.example\.com$/]]],
  [
    "lacks a name and ends",
    { names: ["example.com"], until: inDays(2) },
    [
      [true, /lacks/],
      [false, /ends in 2 days/],
    ],
  ],
  ["is the host's own", { selfSigned: true }, [[true, /of its own: no authority has issued one yet$/]]],
  [
    "is the host's own, and will stay so for a while",
    { selfSigned: true, failure: { ...failure, count: 1 } },
    [
      [
        true,
        /issued one yet \(no address of example\.com was found; tried once, next after 2026-06-02T12:00:00/,
      ],
    ],
  ],
  ["is a configured one that nobody signed", { selfSigned: true, wanted: undefined }, []],
])("a certificate that %s", (_, change, expected) => {
  const found = judgeCertificates([reading({ ...good, ...change })], now);
  expect(found).toEqual(
    expected.map(([wrong, message]) => ({
      host: "shop-production-1",
      wrong,
      message: expect.stringMatching(message) as string,
    })),
  );
});

it("says nothing of hosts without TLS, or that could not be read", () => {
  expect(judgeCertificates([reading(undefined), { host: "b", unreachable: "no answer" }], now)).toEqual([]);
});

it.each([
  [60, 60],
  [0.5, 0],
  [-0.5, -1],
])("of %d days %i are whole", (days, whole) => {
  expect(daysLeft({ ...good, until: inDays(days) }, now)).toBe(whole);
});
