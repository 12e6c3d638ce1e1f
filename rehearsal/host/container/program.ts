/** Programs of this machine that container hosts need. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** Runs a program; rejects, with what it said, when it does not end with 0. @returns its standard output */
export async function run(program: string, ...args: string[]): Promise<string> {
  const { stdout } = await execute(program, args, { timeout: 60_000 });
  return stdout;
}
