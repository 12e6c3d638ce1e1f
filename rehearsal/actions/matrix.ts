import { type Contexts, expandValue } from "./expressions.ts";
import { ActionsRefusal } from "./refusal.ts";
import type { Job } from "./workflow.ts";

/** The values of a job's matrix, one combination after the other; one empty one without a matrix. @throws ActionsRefusal */
export function combinations(job: Job, contexts: Contexts): Record<string, unknown>[] {
  const axes = Object.entries(job.strategy?.matrix ?? {}).map(([name, given]) => {
    const values = typeof given === "string" ? expandValue(given, contexts) : given;
    if (!Array.isArray(values)) throw new ActionsRefusal(`expected a list for the matrix' ${name}`);
    return [name, values as unknown[]] as const;
  });
  return axes.reduce<Record<string, unknown>[]>(
    (all, [name, values]) => all.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
    [{}],
  );
}
