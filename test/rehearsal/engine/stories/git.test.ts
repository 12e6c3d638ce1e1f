import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { gitMetadata } from "../../../../rehearsal/engine/operate/git.ts";

test("history knows the commit an update was run from, and whether it was clean", async () => {
  const directory = mkdtempSync(join(tmpdir(), "liftlock-git-"));
  expect(await gitMetadata(directory)).toEqual({ title: "", environment: {} });
  const identity = ["-c", "user.name=Ann", "-c", "user.email=ann@example.test"];
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", directory, ...identity, ...args], { encoding: "utf8" });
  git("init", "--quiet", "--initial-branch=main");
  git("commit", "--quiet", "--allow-empty", "-m", "First\n\nMore.");
  const clean = await gitMetadata(directory);
  expect(clean).toEqual({
    title: "First",
    environment: {
      "git.head": git("rev-parse", "HEAD").trim(),
      "git.headName": "refs/heads/main",
      "git.dirty": "false",
      "git.author": "Ann",
      "git.author.email": "ann@example.test",
      "git.committer": "Ann",
      "git.committer.email": "ann@example.test",
    },
  });
  writeFileSync(join(directory, "x"), "");
  expect((await gitMetadata(directory)).environment["git.dirty"]).toBe("true");
  rmSync(directory, { recursive: true, force: true });
});
