import type { Command } from "commander";
import { type Validation, validate } from "../../automation/validate.ts";
import { counted } from "../../plan/gates/words.ts";
import { exits } from "../exit.ts";
import { globalOptions } from "../options.ts";
import { inSession } from "../session.ts";

/** An environment a line; what is wrong with one below it. */
export const validationText = ({ valid, invalid }: Validation): string =>
  [
    ...valid.map(({ environment, services, variables, release }) => {
      const pinned = release ? `pinned to ${release.version}` : "no release yet";
      return `✓ ${environment.padEnd(12)} ${counted(services, "service")}, ${counted(variables, "variable")}, ${pinned}`;
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
      "check configuration, compose file and variables; asks nobody, exit 2 when anything is wrong",
    )
    .action((environments: string[], _: object, command: Command) =>
      inSession(globalOptions(command), async ({ context, show }) => {
        const validation = validate(context, environments);
        show("validate", validation, validationText(validation));
        return validation.invalid.length > 0 ? exits.usage : exits.done;
      }),
    );
}
