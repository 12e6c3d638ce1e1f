import type { UpdateSummary } from "@pulumi/pulumi/automation/index.js";
import { z } from "zod";
import { Failure } from "../release/failure.ts";
import type { DriverContext } from "./context.ts";
import { engineJson } from "./engine.ts";

/** One update as `pulumi stack history --json` tells it: a secret's value is left out. */
const updateSchema = z.looseObject({
  kind: z.string(),
  startTime: z.coerce.date(),
  endTime: z.coerce.date().optional(),
  message: z.string().default(""),
  config: z
    .record(z.string(), z.looseObject({ value: z.string().optional(), secret: z.boolean().optional() }))
    .default({}),
  result: z.string(),
  version: z.number().optional(),
});

/**
 * A stack's updates, newest first. Asked of the engine's command line: the SDK, which asks the same, takes seconds and tens of megabytes to load,
 * and who only looks needs nothing else of it.
 * @throws Failure as `engineFailure` tells it; `EngineFailed` for an answer of another form
 */
export async function stackHistory(
  context: Pick<DriverContext, "engine" | "workDirectory" | "environment">,
  name: string,
  count: number,
): Promise<UpdateSummary[]> {
  const page = ["--page-size", String(count), "--page", "1"];
  const told = await engineJson(context, ["stack", "history", "--json", ...page, "--stack", name]);
  const parsed = z.array(updateSchema).safeParse(told ?? []);
  if (!parsed.success)
    throw new Failure({
      code: "EngineFailed",
      message: `expected the updates of ${name} from pulumi stack history, got something of another form`,
      hint: `Look at it: pulumi stack history --json --stack ${name}`,
      cause: parsed.error,
    });
  return parsed.data as unknown as UpdateSummary[];
}
