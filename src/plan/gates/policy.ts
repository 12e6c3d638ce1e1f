import { z } from "zod";
import { dayNames, isTimezone, wallTimePattern } from "./wallClock.ts";

/**
 * What an environment asks for before anything is deployed to it: `liftlock:gates`. Times are seconds unless said otherwise.
 */

const timezoneName = z
  .string()
  .refine(isTimezone, "expected the name of a time zone such as Europe/Berlin or UTC");

const isInstant = (written: string) => z.iso.datetime({ offset: true }).safeParse(written).success;

/** Either from one time to another, or the same hours every week. */
const freezeWindow = z
  .strictObject({
    /** Begins: an ISO 8601 time (`2026-12-23T16:00:00+01:00`), or with `days` a time of day (`16:00`). */
    from: z.string(),
    /** Ends: as `from`; a time of day that is not after `from` is on the next day, and `24:00` is the day's end. */
    to: z.string(),
    /** Days of the week on which it begins; every week. */
    days: z.array(z.enum(dayNames)).min(1, "expected at least one day, or no `days` at all").optional(),
    /** Time zone of the times of day; default `gates.timezone`. */
    timezone: timezoneName.optional(),
    /** Shown with every refusal. */
    reason: z.string().trim().min(1, "expected a reason: it is shown with every refusal"),
  })
  .superRefine((window, context) => {
    const weekly = window.days !== undefined;
    for (const key of ["from", "to"] as const) {
      const fits = weekly
        ? wallTimePattern.test(window[key]) && !(key === "from" && window[key] === "24:00")
        : isInstant(window[key]);
      const expected = weekly
        ? "expected a time of day such as 16:00"
        : "expected an ISO 8601 time such as 2026-12-23T16:00:00+01:00, or `days` and a time of day";
      if (!fits)
        context.addIssue({
          code: "custom",
          path: [key],
          message: `${expected}, got ${JSON.stringify(window[key])}`,
        });
    }
    if (!weekly && isInstant(window.from) && isInstant(window.to)) {
      if (Date.parse(window.from) >= Date.parse(window.to))
        context.addIssue({ code: "custom", path: ["to"], message: "expected a time after `from`" });
      if (window.timezone !== undefined)
        context.addIssue({
          code: "custom",
          path: ["timezone"],
          message: "has no effect without `days`: the times name their own offset",
        });
    }
  });

/** Figures from the specification's "Limits and timeouts". All of them count over all environments. */
const rateLimits = z
  .strictObject({
    /** Promotions (`promote`) that may begin within a time. */
    promotionsPer: z
      .strictObject({
        count: z.int().min(1).max(1000).default(1),
        seconds: z.int().min(1).max(86_400).default(300),
      })
      .prefault({}),
    /** Rollbacks that may begin within an hour; beyond that a person has to say so. */
    rollbacksPerHour: z.int().min(1).max(1000).default(3),
    /** Deployments under way at once. */
    concurrent: z.int().min(1).max(100).default(2),
  })
  .prefault({});

/** The gates of one environment, every default filled in. */
export const gatePolicySchema = z
  .strictObject({
    tests: z
      .strictObject({
        /** A release without a test result is refused. A failed test refuses it in any case. */
        required: z.boolean().default(false),
      })
      .prefault({}),
    /** Seconds for which a release must have run verified in the source environment. */
    soak: z.int().min(0).max(2_592_000).default(0),
    /** When nothing may come; a way back always may. */
    freezes: z.array(freezeWindow).default([]),
    /** Whether a difference between the environment and its pin or stack refuses a promotion. */
    drift: z.enum(["refuse", "accept"]).default("refuse"),
    limits: rateLimits,
    /** Whether a promotion is refused when there is nothing to go back to. The first release of an environment never is. */
    wayBack: z.enum(["required", "optional"]).default("required"),
    /** Time zone of weekly freezes, and of times in messages. */
    timezone: timezoneName.default("UTC"),
  })
  .prefault({});

export type GatePolicy = z.output<typeof gatePolicySchema>;

export type Freeze = GatePolicy["freezes"][number];
