/** Runs the script of a step in bash, as the runner does. */
import { spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ActionsRefusal } from "../refusal.ts";

export interface Script {
  text: string;
  /** As the workflow names it; absent: what the runner takes then. */
  shell: string | undefined;
  directory: string;
  environment: Readonly<Record<string, string>>;
  /** Where the script's file is written. */
  temporary: string;
  /** Ends it; what it started ends with it. */
  signal: AbortSignal;
  /** A line of standard output or of standard error. */
  line: (text: string) => void;
}

/** Options as the runner gives them (docs.github.com, `jobs.<job_id>.steps[*].shell`). */
function commandOf(shell: string | undefined, file: string): string[] {
  if (shell === undefined) return ["bash", "-e", file];
  if (shell === "bash") return ["bash", "--noprofile", "--norc", "-eo", "pipefail", file];
  throw new ActionsRefusal(`expected bash, found the shell ${shell}`);
}

/** Runs it to its end. @returns its exit code; 130 when it was ended */
export async function runScript(script: Script): Promise<number> {
  const file = join(mkdtempSync(join(script.temporary, "step-")), "script.sh");
  writeFileSync(file, script.text);
  const [program = "bash", ...args] = commandOf(script.shell, file);
  if (script.signal.aborted) return 130;
  const child = spawn(program, args, {
    cwd: script.directory,
    env: { ...script.environment },
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, so that it can be ended with everything it started.
    detached: true,
  });
  const end = () => {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
  };
  script.signal.addEventListener("abort", end, { once: true });
  const read = [child.stdout, child.stderr].map(async (stream) => {
    for await (const line of createInterface({ input: stream })) script.line(line);
  });
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exit) => resolve(exit ?? 130));
  });
  await Promise.all(read);
  script.signal.removeEventListener("abort", end);
  return code;
}
