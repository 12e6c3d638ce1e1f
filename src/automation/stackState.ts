import { z } from "zod";
import type { DriverContext } from "./context.ts";
import { engineJson } from "./engine.ts";

const stateSchema = z.object({
  deployment: z.object({
    resources: z
      .array(
        z.object({
          urn: z.string(),
          type: z.string(),
          delete: z.boolean().optional(),
          outputs: z.record(z.string(), z.unknown()).default({}),
        }),
      )
      .default([]),
    pending_operations: z.array(z.unknown()).nullish(),
  }),
});

/** A resource as the stack keeps it; secrets are ciphertext. */
export interface KeptResource {
  urn: string;
  type: string;
  outputs: Readonly<Record<string, unknown>>;
}

/** What an environment's stack keeps. */
export interface StackState {
  resources: KeptResource[];
  /** Operations whose end nobody saw. */
  pending: number;
}

/** Reads the stack's state through the engine. @throws Failure as `engineJson`; `EngineFailed` when it is of an unknown shape */
export async function stackState(
  context: Pick<DriverContext, "engine" | "workDirectory" | "environment">,
  environment: string,
): Promise<StackState> {
  const { deployment } = stateSchema.parse(
    await engineJson(context, ["stack", "export", "--stack", environment]),
  );
  return {
    resources: deployment.resources.filter((resource) => !resource.delete),
    pending: deployment.pending_operations?.length ?? 0,
  };
}
