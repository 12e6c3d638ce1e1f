import { execFileSync } from "node:child_process";
import { ActionsRefusal } from "../refusal.ts";

/** Calls git; its standard output without the last line end. @throws ActionsRefusal with what git says */
export function git(directory: string, args: readonly string[]): string {
  try {
    return execFileSync("git", ["-C", directory, ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, GIT_TERMINAL_PROMPT: "0" },
    }).trimEnd();
  } catch (cause) {
    const said = (cause as { stderr?: string }).stderr ?? String(cause);
    throw new ActionsRefusal(`git ${args[0] ?? ""}: ${said.trim()}`);
  }
}
