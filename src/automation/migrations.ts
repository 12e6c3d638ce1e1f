import { execFile } from "node:child_process";
import { globSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { promisify } from "node:util";
import { type MigrationFinding, reviewMigration } from "../migrations/review.ts";
import { Failure } from "../release/failure.ts";

const run = promisify(execFile);

/** A migration is written by people: what is larger is a dump. Bytes. */
const largest = 1024 * 1024;

/** Files that were added or changed since the branch left `since`, committed or not. @throws Failure `UsageInvalid` */
async function changedSince(workDirectory: string, since: string): Promise<Set<string>> {
  const args = ["diff", "--name-only", "-z", "--relative", "--diff-filter=d", "--merge-base"];
  try {
    const { stdout } = await run("git", [...args, "--end-of-options", since], {
      cwd: workDirectory,
      maxBuffer: 64 * 1024 * 1024,
      timeout: 60_000,
    });
    return new Set(stdout.split("\0").filter(Boolean));
  } catch (cause) {
    const said =
      cause instanceof Error && "stderr" in cause ? String(cause.stderr).trim().split("\n")[0] : "";
    throw new Failure({
      code: "UsageInvalid",
      message: `expected a commit or branch that this one was made from, got "${since}"${said ? `: ${said.slice(0, 200)}` : ""}`,
      hint: "Fetch it first: git fetch --unshallow origin; or leave --since out to look at every migration.",
      cause,
      fault: "user",
    });
  }
}

/** A file's text, or why it is not looked at. A link must not lead out of the project. */
function textOf(workDirectory: string, file: string): string | { problem: string } {
  const path = join(workDirectory, file);
  try {
    if (!realpathSync(path).startsWith(realpathSync(workDirectory) + sep))
      return { problem: "it leads out of the project" };
    const found = statSync(path);
    if (!found.isFile()) return { problem: "it is no file" };
    if (found.size > largest) return { problem: `it has ${found.size} bytes, more than ${largest}` };
    return readFileSync(path, "utf8");
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "unknown";
    return { problem: `it cannot be read (${code})` };
  }
}

const unread = (file: string, what: string): MigrationFinding => ({
  file,
  line: 1,
  hazard: "unreadable",
  what,
  effect: "is not looked at, so nothing is known of it",
  instead: "leave the file out of liftlock:migration.files, or split it",
});

/**
 * What the project's migrations do that loses data, breaks the release that still runs, or keeps others waiting.
 * @param globs below the project; `!` before one leaves files out
 * @param since only files that changed since this commit or branch; default all
 * @throws Failure `UsageInvalid` when git does not know `since`
 */
export async function reviewMigrations(
  workDirectory: string,
  globs: readonly string[],
  since?: string,
): Promise<MigrationFinding[]> {
  const wanted = globs.filter((glob) => !glob.startsWith("!"));
  if (wanted.length === 0) return [];
  const exclude = globs.filter((glob) => glob.startsWith("!")).map((glob) => glob.slice(1));
  const changed = since === undefined ? undefined : await changedSince(workDirectory, since);
  const files = globSync(wanted, { cwd: workDirectory, exclude, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(workDirectory, join(entry.parentPath, entry.name)))
    .filter((file) => changed?.has(file) ?? true)
    .sort();
  const found: MigrationFinding[] = [];
  for (const file of files) {
    const text = textOf(workDirectory, file);
    found.push(
      ...(typeof text === "string" ? await reviewMigration(file, text) : [unread(file, text.problem)]),
    );
  }
  return found;
}
