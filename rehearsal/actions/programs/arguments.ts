/** Command lines of the stand-ins: strict, so that a flag that nobody thought of is noticed. */
import { type ParseArgsConfig, parseArgs } from "node:util";

/** What a stand-in says before it ends with an error. */
export function fail(message: string): never {
  process.stderr.write(`rehearsal: ${message}\n`);
  process.exit(1);
}

/** Options and words of a command line; ends the program for one that it does not know. */
export function parsed<O extends NonNullable<ParseArgsConfig["options"]>>(
  args: readonly string[],
  options: O,
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (cause) {
    return fail(String(cause));
  }
}
