import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { PolicyFacts } from "../../../src/plan/policy/facts.ts";
import { judgePolicy, policyRefusal } from "../../../src/plan/policy/judge.ts";
import { plannedResource, resourcesAfter, resourcesBefore, types } from "../../../src/plan/policy/planned.ts";
import { ruleNames } from "../../../src/plan/policy/rules.ts";
import { infrastructurePolicySchema } from "../../../src/plan/policy/schema.ts";
import { service, sound } from "./facts.ts";

const now = new Date("2026-03-04T12:00:00Z");
const none = infrastructurePolicySchema.parse(undefined);
const except = (change: Record<string, unknown> = {}) =>
  infrastructurePolicySchema.parse({
    exceptions: [
      { rule: "noPrivileged", reason: "moving", by: "octo-dev", expires: "2026-03-04", ...change },
    ],
  });
const privileged: PolicyFacts = { ...sound, services: [service({ privileged: true })] };
const verdict = (policy: typeof none, facts: PolicyFacts, before?: PolicyFacts, at = now) => {
  const verdicts = judgePolicy(policy, facts, before, at);
  return {
    status: verdicts.find(({ rule }) => rule === "noPrivileged")?.status,
    refusal: policyRefusal(verdicts)?.code,
  };
};

describe("judgePolicy", () => {
  it("has a verdict of every rule", () => {
    expect(judgePolicy(none, sound, undefined, now).map(({ rule, status }) => [rule, status])).toEqual(
      ruleNames.map((rule) => [rule, "kept"]),
    );
  });

  it.each<[string, ReturnType<typeof verdict>, object]>([
    ["what breaks a rule", verdict(none, privileged), { status: "violated", refusal: "PolicyViolated" }],
    [
      "what the update brings",
      verdict(none, privileged, sound),
      { status: "violated", refusal: "PolicyViolated" },
    ],
    ["what is so already", verdict(none, privileged, privileged), { status: "violated", refusal: undefined }],
    [
      "an exception, on its last day",
      verdict(except(), privileged),
      { status: "excepted", refusal: undefined },
    ],
    [
      "an exception, the day after",
      verdict(except(), privileged, undefined, new Date("2026-03-05T00:00:00Z")),
      { status: "violated", refusal: "PolicyViolated" },
    ],
    [
      "an exception of this service",
      verdict(except({ subjects: ["web"] }), privileged),
      { status: "excepted", refusal: undefined },
    ],
    [
      "an exception of another service",
      verdict(except({ subjects: ["api"] }), privileged),
      { status: "violated", refusal: "PolicyViolated" },
    ],
    [
      "an exception of another rule",
      verdict(except({ rule: "noLatest" }), privileged),
      { status: "violated", refusal: "PolicyViolated" },
    ],
  ])("%s", (_, found, expected) => {
    expect(found).toEqual(expected);
  });

  it("never refuses for advice", () => {
    const { stableAddress: _, ...declared } = sound.declared;
    const facts = { ...sound, resources: [], declared: { ...declared, stableAddress: false } };
    const verdicts = judgePolicy(none, facts, undefined, now);
    expect(verdicts.filter(({ status }) => status === "advice").map(({ rule }) => rule)).toEqual([
      "stableAddress",
      "uptimeWatched",
    ]);
    expect(policyRefusal(verdicts)).toBeUndefined();
  });

  it("refuses exactly where something mandatory is brought and not excepted", () => {
    const flags = fc.record({ privileged: fc.boolean(), latest: fc.boolean(), network: fc.boolean() });
    const factsOf = (f: { privileged: boolean; latest: boolean; network: boolean }): PolicyFacts => ({
      ...sound,
      services: [
        service({
          privileged: f.privileged,
          image: f.latest ? "web:latest" : "web",
          hostNamespaces: f.network ? ["network"] : [],
        }),
      ],
    });
    fc.assert(
      fc.property(flags, flags, fc.boolean(), (after, before, excepted) => {
        const verdicts = judgePolicy(excepted ? except() : none, factsOf(after), factsOf(before), now);
        const brought =
          (after.privileged && !before.privileged && !excepted) ||
          (after.latest && !before.latest) ||
          (after.network && !before.network);
        expect(policyRefusal(verdicts)?.code).toBe(brought ? "PolicyViolated" : undefined);
      }),
    );
  });

  it.each([
    [{ rule: "noSuch" }],
    [{ reason: " " }],
    [{ by: "" }],
    [{ expires: "soon" }],
    [{ subjects: [] }],
    [{ extra: 1 }],
  ])("an exception with %j is refused", (change) => {
    expect(() => except(change)).toThrow(z.ZodError);
  });
});

describe("plannedResource", () => {
  const state = { protect: true, inputs: { name: "a", monitoring: true, userData: "[secret]" } };
  const step = {
    urn: "urn:x",
    type: types.droplet,
    op: "update",
    old: { inputs: { name: "a" } },
    new: state,
  };

  it("keeps what rules look at, and nothing else", () => {
    const planned = plannedResource(step);
    expect(planned?.after).toEqual({ protect: true, inputs: { name: "a", monitoring: true } });
    expect(planned?.before).toEqual({ protect: false, inputs: { name: "a" } });
    expect(resourcesAfter(planned ? [planned] : [])).toHaveLength(1);
    expect(resourcesBefore(planned ? [planned] : [])).toHaveLength(1);
  });

  it.each([
    ["another type", { ...step, type: "command:remote:Command" }],
    ["what goes", { ...step, op: "delete", new: null }],
    ["the old one of two", { ...step, op: "delete-replaced" }],
  ])("knows nothing of %s", (_, given) => {
    expect(plannedResource(given)).toBeUndefined();
  });
});
