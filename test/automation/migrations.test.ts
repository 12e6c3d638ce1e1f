import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { reviewMigrations } from "../../src/automation/migrations.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "liftlock-migrations-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

function write(file: string, text = "DROP TABLE orders;"): void {
  mkdirSync(dirname(join(directory, file)), { recursive: true });
  writeFileSync(join(directory, file), text);
}

const found = async (globs: readonly string[], since?: string) =>
  (await reviewMigrations(directory, globs, since)).map(({ file, hazard }) => `${file} ${hazard}`);

function git(...args: string[]): void {
  const identity = [
    "-c",
    "user.name=octo-dev",
    "-c",
    "user.email=octo-dev@example.com",
    "-c",
    "commit.gpgsign=false",
  ];
  const ran = spawnSync("git", [...identity, ...args], { cwd: directory, encoding: "utf8" });
  expect(ran.stderr + String(ran.status)).toMatch(/0$/);
}

describe("migrations of a project", () => {
  it("are those that the globs name, in their order, and nothing else", async () => {
    write("db/2.sql");
    write("db/1.sql");
    write("db/1.down.sql");
    write("db/deep/3.sql");
    write("db/notes.md");
    expect(await found([])).toEqual([]);
    expect(await found(["db/*.sql"])).toEqual(["db/1.down.sql drop", "db/1.sql drop", "db/2.sql drop"]);
    expect(await found(["db/**/*.sql", "!**/*.down.sql"])).toEqual([
      "db/1.sql drop",
      "db/2.sql drop",
      "db/deep/3.sql drop",
    ]);
  });

  it("are not read where they lead out of the project, are too large, or are gone", async () => {
    const outside = mkdtempSync(join(tmpdir(), "liftlock-outside-"));
    writeFileSync(join(outside, "secret.sql"), "DROP TABLE hidden;");
    write("db/large.sql", `-- ${"x".repeat(1024 * 1024)}`);
    symlinkSync(join(outside, "secret.sql"), join(directory, "db", "link.sql"));
    symlinkSync(join(outside, "none.sql"), join(directory, "db", "none.sql"));
    const findings = await reviewMigrations(directory, ["db/*.sql"]);
    rmSync(outside, { recursive: true });
    expect(findings.map(({ file, hazard }) => `${file} ${hazard}`)).toEqual([
      "db/large.sql unreadable",
      "db/link.sql unreadable",
      "db/none.sql unreadable",
    ]);
    expect(JSON.stringify(findings)).not.toContain("hidden");
  });

  it("are only those that a branch changed, where it is said from what", async () => {
    write("db/1.sql");
    write("db/2.sql");
    git("init", "--quiet", "--initial-branch", "main");
    git("add", ".");
    git("commit", "--quiet", "--message", "before");
    git("checkout", "--quiet", "-b", "branch");
    write("db/2.sql", "TRUNCATE orders;");
    write("db/3 é.sql");
    git("add", ".");
    git("commit", "--quiet", "--message", "after");
    rmSync(join(directory, "db", "1.sql"));
    expect(await found(["db/*.sql"], "main")).toEqual(["db/2.sql truncate", "db/3 é.sql drop"]);
    expect(await found(["db/*.sql"], "branch")).toEqual([]);
  });

  it.each(["nowhere", "--output=x", ""])("cannot be compared with %j", async (since) => {
    write("db/1.sql");
    git("init", "--quiet");
    await expect(found(["db/*.sql"], since)).rejects.toMatchObject({ code: "UsageInvalid", fault: "user" });
  });
});
