import { z } from "zod";

/** What of the images is kept, and how much room they may take: `liftlock:retention`. */

const percent = z.int().min(1).max(100);

/** The retention of one environment, every default filled in. */
export const retentionPolicySchema = z
  .strictObject({
    /** Bytes that all images of the application may take in the registry; the smallest figure of all environments counts. */
    storage: z.int().min(1).default(53_687_091_200),
    /** Per cent of `storage`; the smallest figures of all environments count. */
    thresholds: z
      .strictObject({
        /** Above it, old images of development and staging go. */
        warning: percent.default(80),
        /** Above it, old images of production go too, and people are alerted. */
        critical: percent.default(90),
      })
      .prefault({})
      .refine(({ warning, critical }) => warning <= critical, {
        path: ["critical"],
        error: "expected at least as much as `warning`",
      }),
    /** Verified releases of this environment that it can go back to at any time, the one that runs among them. */
    keep: z
      .int()
      .min(2, "expected at least 2: the release that runs, and one to go back to")
      .max(100)
      .default(5),
    /** Days after which an image of this environment is old; younger ones stay whatever happens. */
    age: z.int().min(1).max(3650).default(14),
  })
  .prefault({});

export type RetentionPolicy = z.output<typeof retentionPolicySchema>;
