// What local and remote commands have in common: scripts for create, update and delete, run with fixed inputs.
import { randomBytes } from "node:crypto";
import type { Props } from "../../values/values.ts";
import { optionalText } from "../fields.ts";
import type { Context, ResourceType } from "../provider.ts";

/** What a script printed. */
export interface ScriptOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a script; rejects when it fails. `previous` is what the last script of the resource printed. */
export type ScriptRunner = (
  script: string,
  inputs: Props,
  previous: Props,
  context: Context,
) => Promise<ScriptOutput>;

const scriptOf = (inputs: Props, ...keys: readonly string[]): string | undefined =>
  keys.map((key) => optionalText(inputs, key)).find((script) => script !== undefined && script !== "");

/** A resource whose life is its scripts. It has no `read`: what a script did outside is invisible to a refresh. */
export function scriptResource(run: ScriptRunner, required: readonly string[] = []): ResourceType {
  return {
    required,
    replaceOn: ["triggers"],
    volatile: ["stdout", "stderr"],
    create: async (inputs, context) => {
      const script = scriptOf(inputs, "create");
      const printed =
        script === undefined ? { stdout: "", stderr: "" } : await run(script, inputs, {}, context);
      return { id: context.name + randomBytes(4).toString("hex"), outputs: { ...inputs, ...printed } };
    },
    update: async (_id, inputs, olds, context) => {
      const script = scriptOf(inputs, "update", "create");
      const before = { stdout: olds.stdout ?? "", stderr: olds.stderr ?? "" };
      const printed = script === undefined ? before : await run(script, inputs, before, context);
      return { ...inputs, ...printed };
    },
    delete: async (_id, olds, context) => {
      const script = scriptOf(olds, "delete");
      if (script !== undefined) await run(script, olds, olds, context);
    },
  };
}
