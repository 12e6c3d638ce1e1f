import { z } from "zod";
import { ruleNames } from "./rules.ts";

const exception = z.strictObject({
  rule: z.enum(ruleNames, { error: `expected a rule: ${ruleNames.join(", ")}` }),
  /** Resources, services or variables it is for; default all. */
  subjects: z.array(z.string().min(1)).min(1).optional(),
  reason: z.string().trim().min(1, "expected a reason").max(1000),
  /** Who answers for it. */
  by: z.string().trim().min(1, "expected who answers for it").max(200),
  /** Last day (UTC, included), or the instant, at which it ends. */
  expires: z.union([z.iso.date(), z.iso.datetime({ offset: true })], {
    error: "expected a date such as 2026-12-31",
  }),
});

/** `liftlock:policy`: which rules of the infrastructure do not hold here, and until when. All others do. */
export const infrastructurePolicySchema = z
  .strictObject({ exceptions: z.array(exception).max(100).default([]) })
  .prefault({});

export type InfrastructurePolicy = z.output<typeof infrastructurePolicySchema>;
export type PolicyException = z.output<typeof exception>;
