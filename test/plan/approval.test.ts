import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type ApprovalPolicy,
  approvalPolicySchema,
  type Decision,
  judgeApproval,
} from "../../src/plan/approval.ts";
import { type ApprovalSubject, approvalHash } from "../../src/plan/approvalHash.ts";
import { release } from "../releases.ts";

const start = new Date("2026-01-05T12:00:00Z");
const minutes = (count: number) => new Date(start.getTime() + count * 60_000);
const hash = "a".repeat(64);
const foreign = "b".repeat(64);
const request = {
  promotion: "20260105T1200-abc123",
  environment: "production",
  hash,
  initiator: "octo-dev",
  requestedAt: start,
};
const policy = (change: Partial<ApprovalPolicy> = {}): ApprovalPolicy => ({
  ...approvalPolicySchema.parse({ required: 1, by: ["octo-dev", "octo-ops", "octo-lead"] }),
  ...change,
});
const says = (who: string, decision: "approve" | "deny", change: Partial<Decision> = {}): Decision => ({
  who,
  decision,
  hash,
  at: minutes(1),
  ...change,
});
const yes = (who: string, change?: Partial<Decision>) => says(who, "approve", change);
const no = (who: string, change?: Partial<Decision>) => says(who, "deny", change);

describe("judgeApproval", () => {
  it.each<[string, Partial<ApprovalPolicy>, Decision[], string, string | undefined]>([
    ["nobody is asked", { required: 0 }, [], "notRequired", undefined],
    ["nobody has said anything", {}, [], "pending", "ApprovalPending"],
    ["one who may approves", {}, [yes("octo-ops")], "approved", undefined],
    ["logins differ in case only", {}, [yes("Octo-Ops")], "approved", undefined],
    ["the initiator approves, and may", {}, [yes("octo-dev")], "approved", undefined],
    ["the initiator is barred", { notInitiator: true }, [yes("Octo-dev")], "pending", "ApprovalPending"],
    ["a barred initiator denies", { notInitiator: true }, [no("octo-dev")], "denied", "ApprovalDenied"],
    ["somebody else approves", {}, [yes("octo-guest")], "pending", "ApprovalPending"],
    ["somebody else denies", {}, [no("octo-guest")], "pending", "ApprovalPending"],
    ["two are needed, one came", { required: 2 }, [yes("octo-ops")], "pending", "ApprovalPending"],
    [
      "one person approves twice",
      { required: 2 },
      [yes("octo-ops"), yes("OCTO-OPS")],
      "pending",
      "ApprovalPending",
    ],
    ["two approve", { required: 2 }, [yes("octo-ops"), yes("octo-lead")], "approved", undefined],
    ["one approves, one denies", {}, [yes("octo-ops"), no("octo-lead")], "denied", "ApprovalDenied"],
    [
      "a person changes a yes to a no",
      {},
      [no("octo-ops", { at: minutes(9) }), yes("octo-ops", { at: minutes(3) })],
      "denied",
      "ApprovalDenied",
    ],
    [
      "a person changes a no to a yes",
      {},
      [no("octo-ops"), yes("octo-ops", { at: minutes(3) })],
      "approved",
      undefined,
    ],
    ["what was approved is another thing", {}, [yes("octo-ops", { hash: foreign })], "void", "ApprovalVoid"],
    ["another thing was denied", {}, [no("octo-ops", { hash: foreign })], "pending", "ApprovalPending"],
    [
      "approved before it was asked for",
      {},
      [yes("octo-ops", { at: minutes(-1) })],
      "pending",
      "ApprovalPending",
    ],
    ["approved at no time", {}, [yes("octo-ops", { at: new Date("x") })], "pending", "ApprovalPending"],
  ])("%s", (_, change, decisions, status, code) => {
    const verdict = judgeApproval(policy(change), request, decisions, minutes(10));
    expect(verdict.status).toBe(status);
    expect(verdict.reason?.code).toBe(code);
  });

  it("expires when the time is over, not before, and too late is too late", () => {
    const day = 24 * 60;
    const late = [yes("octo-ops", { at: minutes(day) })];
    expect(judgeApproval(policy(), request, [], minutes(day - 1)).status).toBe("pending");
    expect(judgeApproval(policy(), request, [], minutes(day)).reason?.code).toBe("ApprovalExpired");
    expect(judgeApproval(policy(), request, late, minutes(day + 1))).toMatchObject({
      status: "expired",
      ignored: [{ who: "octo-ops", why: "late" }],
    });
    expect(judgeApproval(policy(), request, [yes("octo-ops")], minutes(day + 1)).status).toBe("approved");
  });

  it("says whose word does not count, and why", () => {
    const decisions = [
      yes("octo-guest"),
      yes("octo-dev"),
      yes("octo-ops", { hash: foreign }),
      yes("octo-lead", { at: minutes(-5) }),
    ];
    expect(judgeApproval(policy({ notInitiator: true }), request, decisions, minutes(2)).ignored).toEqual([
      { who: "octo-guest", why: "notAllowed" },
      { who: "octo-dev", why: "initiator" },
      { who: "octo-ops", why: "void" },
      { who: "octo-lead", why: "early" },
    ]);
  });

  it("says that nobody is left who could approve", () => {
    const alone = policy({ by: ["octo-dev"], notInitiator: true });
    expect(judgeApproval(alone, request, [], minutes(1)).reason?.message).toContain("too few others");
  });
});

describe("whatever people say", () => {
  const decision = fc.record({
    who: fc.constantFrom("octo-dev", "octo-ops", "octo-lead", "octo-guest", "OCTO-OPS"),
    decision: fc.constantFrom("approve" as const, "deny" as const),
    hash: fc.constantFrom(hash, foreign),
    at: fc.integer({ min: -60, max: 2 * 24 * 60 }).map(minutes),
  });
  const decisions = fc.array(decision, { maxLength: 12 });
  const policies = fc
    .record({ required: fc.integer({ min: 1, max: 3 }), notInitiator: fc.boolean() })
    .map(policy);
  const nows = fc.integer({ min: 0, max: 2 * 24 * 60 }).map(minutes);

  it("approved is only what enough different people who may agreed to, about exactly this, in time", () => {
    fc.assert(
      fc.property(policies, decisions, nows, (p, all, now) => {
        const verdict = judgeApproval(p, request, all, now);
        if (verdict.status !== "approved") return;
        const end = start.getTime() + p.timeoutSeconds * 1000;
        const able = all.filter(
          (d) =>
            d.hash === hash &&
            d.at >= start &&
            d.at.getTime() < end &&
            d.who !== "octo-guest" &&
            !(p.notInitiator && d.who === "octo-dev"),
        );
        const people = new Set(able.filter((d) => d.decision === "approve").map((d) => d.who.toLowerCase()));
        expect(people.size).toBeGreaterThanOrEqual(p.required);
        expect(verdict.by.every((who) => people.has(who.toLowerCase()))).toBe(true);
      }),
    );
  });

  it("decisions about something else change nothing but what is ignored", () => {
    fc.assert(
      fc.property(policies, decisions, nows, (p, all, now) => {
        const own = all.filter((d) => d.hash === hash);
        const [a, b] = [judgeApproval(p, request, all, now), judgeApproval(p, request, own, now)];
        const plain = (status: string) => (status === "void" ? "pending" : status);
        expect([plain(a.status), a.by]).toEqual([plain(b.status), b.by]);
      }),
    );
  });

  it("a verdict that may not go on has a reason, one that may has none", () => {
    fc.assert(
      fc.property(policies, decisions, nows, (p, all, now) => {
        const { status, reason } = judgeApproval(p, request, all, now);
        expect(reason === undefined).toBe(status === "approved");
      }),
    );
  });
});

describe("approvalHash", () => {
  const change = (name: string, op = "update") => ({
    urn: `urn:pulumi:production::liftlock::t::${name}`,
    type: "t",
    op,
    keys: ["stdin", "environment"],
  });
  const subject: ApprovalSubject = {
    environment: "production",
    release: release("1.6.1"),
    steps: [{ name: "images" }, { name: "deploy" }],
    overrides: [
      { gate: "soak", reason: "hotfix", by: "octo-dev" },
      { gate: "freeze", reason: "hotfix", by: "octo-dev" },
    ],
    preview: { changes: [change("a"), change("b")], counts: { update: 2, same: 31 } },
  };
  const own = approvalHash(subject);

  it("does not depend on the order in which changes, keys, overrides and counts are named", () => {
    const { preview } = subject;
    const turned: ApprovalSubject = {
      ...subject,
      overrides: subject.overrides.toReversed(),
      preview: {
        changes: preview.changes.map((c) => ({ ...c, keys: c.keys.toReversed() })).toReversed(),
        counts: { same: 31, update: 2 },
      },
    };
    expect(approvalHash(turned)).toBe(own);
    expect(own).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each<[string, Partial<ApprovalSubject>]>([
    ["another environment", { environment: "uat" }],
    ["another release", { release: release("1.6.2") }],
    ["other steps", { steps: [{ name: "deploy" }, { name: "images" }] }],
    ["one override less", { overrides: subject.overrides.slice(1) }],
    ["another change", { preview: { ...subject.preview, changes: [change("a"), change("b", "replace")] } }],
    [
      "one change more",
      { preview: { ...subject.preview, changes: [...subject.preview.changes, change("c")] } },
    ],
    ["other counts", { preview: { ...subject.preview, counts: { update: 3, same: 30 } } }],
  ])("%s has another hash", (_, other) => {
    expect(approvalHash({ ...subject, ...other })).not.toBe(own);
  });
});

describe("approvalPolicySchema", () => {
  it("asks nobody unless told to, and waits a day", () => {
    expect(approvalPolicySchema.parse(undefined)).toEqual({
      required: 0,
      by: [],
      notInitiator: false,
      timeoutSeconds: 86_400,
    });
  });

  it.each([
    [{ required: 1 }, "by"],
    [{ required: 2, by: ["octo-dev", "Octo-Dev"] }, "by"],
    [{ required: -1 }, "required"],
    [{ required: 1, by: [" "] }, "by"],
    [{ timeoutSeconds: 5 }, "timeoutSeconds"],
  ])("refuses %j", (input, path) => {
    const parsed = approvalPolicySchema.safeParse(input);
    expect(parsed.error?.issues[0]?.path[0]).toBe(path);
  });
});
