import { type Decision, judgeApproval } from "../../../src/plan/approval.ts";
import type { GateFacts } from "../../../src/plan/gates/facts.ts";
import { judgeGates } from "../../../src/plan/gates/judge.ts";
import { refusal } from "../../../src/plan/gates/refusal.ts";
import { ago, next, nextName, now, policy, promotion } from "./story.ts";
import { said } from "./told.ts";

/** A promotion that every gate lets pass. */
export const facts = (change: Partial<GateFacts> = {}): GateFacts => ({
  now,
  kind: "promote",
  environment: "production",
  release: next,
  source: { environment: "staging", verifiedSince: ago(8040) },
  tests: { status: "passed", release: nextName.id, at: ago(8000) },
  starts: [],
  running: [],
  vetoes: [],
  drift: [],
  wayBack: { kind: "target", version: "1.6.0", available: true, where: "on both hosts" },
  ...change,
});

const gate = (change: Partial<GateFacts>, asked: object = {}) =>
  said(() => refusal(judgeGates(policy(asked), facts(change))));

const bound = "3f2c9ab41d".repeat(6).slice(0, 60);

/** What people have, or have not, said of what would be done now. */
const approval = (minutesAgo: number, decisions: readonly Partial<Decision>[]) =>
  said(
    () =>
      judgeApproval(
        { required: 2, by: ["octo-lead", "octo-ops"], notInitiator: true, timeoutSeconds: 86_400 },
        {
          promotion,
          environment: "production",
          hash: bound,
          initiator: "octo-dev",
          requestedAt: ago(minutesAgo * 60),
        },
        decisions.map((change) => ({
          who: "octo-lead",
          decision: "approve",
          hash: bound,
          at: ago(60),
          ...change,
        })),
        now,
      ).reason,
  );

const reason = { code: "StartFailed", message: "shop-production-1: api keeps restarting, last exit code 1" };

/** What gates and people say. */
export const gateExamples = {
  Stopped: gate({ stop: { by: "octo-lead@github", at: ago(600), reason: "payments are down" } }),
  Vetoed: gate({
    vetoes: [
      {
        environment: "production",
        release: nextName.id,
        version: "1.6.1",
        since: ago(3600),
        promotion,
        reason,
      },
    ],
  }),
  TestsFailed: gate({
    tests: { status: "failed", release: nextName.id, at: ago(60), url: "https://ci.example.com/runs/7" },
  }),
  SoakTooShort: gate({ source: { environment: "staging", verifiedSince: ago(720) } }, { soak: 3600 }),
  FreezeWindow: gate(
    {},
    { freezes: [{ days: ["wed"], from: "12:00", to: "18:00", reason: "the weekly sale" }] },
  ),
  Drifted: gate({ drift: ["shop-production-2: docs exited with 137"] }),
  WayBackMissing: gate({
    wayBack: { kind: "target", version: "1.6.0", available: false, where: "on both hosts" },
  }),
  RateLimited: gate({ starts: [{ kind: "promote", environment: "production", at: ago(120) }] }),
  ConcurrencyLimited: gate({
    running: [
      { promotion: "20260304T1401-a10c77", environment: "staging", since: ago(60) },
      { promotion: "20260304T1401-0be2d4", environment: "uat", since: ago(45) },
    ],
  }),
  ApprovalPending: approval(5, [{}]),
  ApprovalDenied: approval(5, [{ decision: "deny", reason: "not on a Friday" }]),
  ApprovalExpired: approval(2000, []),
  ApprovalVoid: approval(5, [{ hash: "b81d".repeat(15) }]),
};
