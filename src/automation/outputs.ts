import { z } from "zod";
import { notifyIn } from "../notify/schema.ts";
import { releaseSchema } from "../release/release.ts";
import { hostsSchema } from "./hostsFile.ts";

const credentials = z.object({
  server: z.string(),
  username: z.string(),
  token: z.string(),
  pull: z.object({ username: z.string(), token: z.string() }).optional(),
});

/** What a stack exports; the program's `EnvironmentOutputs` as the engine gives it back. */
export const outputsSchema = z.object({
  app: z.string(),
  address: z.string(),
  hosts: hostsSchema,
  endpoints: z.array(z.string()),
  deployed: z
    .object({
      id: z.string(),
      attempt: z.number(),
      mode: z.enum(["forward", "revert"]),
      release: releaseSchema,
    })
    .nullish(),
  jobs: z.array(z.string()),
  access: z.object({
    privateKey: z.string(),
    registry: credentials.nullish(),
    /** Addresses and keys in the clear; absent in stacks of before. */
    notify: notifyIn(z.string()),
    /** SHA-256 of what the last deployment put on each host. */
    files: z
      .object({
        compose: z.string(),
        environment: z.string(),
        pins: z.object({ place: z.string(), blue: z.string(), green: z.string() }),
      })
      .nullish(),
  }),
});

export type Outputs = z.output<typeof outputsSchema>;
