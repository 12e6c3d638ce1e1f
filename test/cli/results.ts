import type { PromotionResult } from "../../src/automation/messages.ts";

/** A promotion that went well. */
export const result = (change: Partial<PromotionResult> = {}): PromotionResult => ({
  promotion: "20260304T1402-3f2c9a",
  kind: "promote",
  environment: "production",
  status: "Completed",
  release: { id: "3f2c9ab41d11", version: "1.6.1" },
  previous: { id: "b81d77aa0c22", version: "1.6.0" },
  attempt: 45,
  runs: { id: "3f2c9ab41d11", version: "1.6.1" },
  hosts: 2,
  seconds: 6.9,
  steps: [],
  reports: [],
  ...change,
});

export const before = { id: "b81d77aa0c22", version: "1.6.0" };
