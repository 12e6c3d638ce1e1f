import type { Command } from "commander";
import { type Validation, validate } from "../../automation/validate.ts";
import { counted } from "../../plan/gates/words.ts";
import { exits } from "../exit.ts";
import { globalOptions } from "../options.ts";
import { migrationLines } from "../render/migrations.ts";
import { policyLines } from "../render/policy.ts";
import { inSession } from "../session.ts";

/** An environment a line; what is wrong with one below it. */
export const validationText = ({ valid, invalid }: Validation): string =>
  [
    ...valid.flatMap(({ environment, services, variables, release, advice = [], migrations = [] }) => {
      const pinned = release ? `pinned to ${release.version}` : "no release yet";
      return [
        `✓ ${environment.padEnd(12)} ${counted(services, "service")}, ${counted(variables, "variable")}, ${pinned}`,
        ...(advice.length > 0 ? policyLines(advice).slice(1) : []).map((line) => `  ${line}`),
        ...migrationLines(migrations).map((line) => `  ${line}`),
      ];
    }),
    ...invalid.map(({ environment, code, message, hint }) =>
      [`✗ ${environment.padEnd(12)} ${code}: ${message}`, ...(hint === undefined ? [] : [`  ${hint}`])].join(
        "\n",
      ),
    ),
  ].join("\n");

/** Adds `validate`. */
export function addValidating(program: Command): void {
  program
    .command("validate [environment...]")
    .description(
      "check configuration, compose file, variables, policy and migrations; asks nobody, exit 2 when anything is wrong",
    )
    .option("--since <commit>", "look only at migrations that changed since this commit or branch")
    .action((environments: string[], { since }: { since?: string }, command: Command) =>
      inSession(globalOptions(command), async ({ context, show }) => {
        const validation = await validate(context, environments, since);
        show("validate", validation, validationText(validation));
        return validation.invalid.length > 0 ? exits.usage : exits.done;
      }),
    );
}
