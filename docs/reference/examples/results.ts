import type { FailureReport, PromotionResult } from "../../../src/automation/messages.ts";
import type { Reason, Status } from "../../../src/plan/promotion.ts";
import { attempt, nextName, previousName, promotion } from "./story.ts";

/** What made the release of the second one fail. */
export const reason: Reason = {
  code: "StartFailed",
  message: "shop-production-1: api keeps restarting, last exit code 1",
};

/** What failed then, on the host. */
export const report: FailureReport = {
  host: "shop-production-1",
  service: "api",
  exitCode: 1,
  log: ["Error: STRIPE_LIVE_KEY is not set", "    at connect (payments.js:41)"],
};

/** What the results have in common. */
export const common = {
  promotion,
  kind: "promote",
  environment: "production",
  release: nextName,
  previous: previousName,
  hosts: 2,
} as const;

/** A promotion that went well. */
export const completed: PromotionResult = {
  ...common,
  status: "Completed",
  attempt,
  runs: nextName,
  seconds: 6.9,
  steps: [
    { name: "facts", seconds: 1.1, own: 0.2 },
    { name: "deploy", seconds: 4, own: 0.1 },
    { name: "verify", seconds: 1.2, own: 0.1 },
  ],
  reports: [],
};

/** One whose release failed. */
export const rolledBack: PromotionResult = {
  ...common,
  status: "RolledBack",
  attempt: attempt + 1,
  reason,
  runs: previousName,
  seconds: 8.4,
  recoverySeconds: 3.9,
  steps: [
    { name: "deploy", seconds: 1.4, own: 0.1 },
    { name: "revert", seconds: 3.3, own: 0.1 },
  ],
  reports: [report],
};

/** A promotion that people have not agreed to. */
export const unapproved = (status: Status, why: Reason): PromotionResult => ({
  ...common,
  status,
  attempt,
  reason: why,
  runs: previousName,
  seconds: 1.9,
  steps: [{ name: "approval", seconds: 0.1, own: 0.1 }],
  reports: [],
});
