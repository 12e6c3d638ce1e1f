import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Engine } from "../../src/automation/engine.ts";
import { stackHistory } from "../../src/automation/stackHistory.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "liftlock-history-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** An engine that prints this, whatever it is asked, and writes down what that was. */
function asked(answer: string, status = 0) {
  const command = join(directory, "pulumi");
  writeFileSync(join(directory, "answer"), answer);
  writeFileSync(command, `#!/bin/sh\nprintf '%s ' "$@" >arguments\ncat answer\nexit ${status}\n`, {
    mode: 0o700,
  });
  const engine = async () => ({ command: { command } }) as unknown as Engine;
  return stackHistory({ engine, workDirectory: directory, environment: {} }, "production", 100);
}

/** As Pulumi 3.270 prints it. */
const update = {
  kind: "update",
  startTime: "2026-03-04T12:00:00.000Z",
  message: "promote 1.2.0",
  environment: { "git.head": "abc" },
  config: { "liftlock:app": { value: "shop", secret: false }, "liftlock:ssh": { secret: true } },
  result: "succeeded",
  endTime: "2026-03-04T12:01:00.000Z",
  resourceChanges: { update: 2 },
  version: 7,
};

describe("stack history", () => {
  it("is what the engine's command line prints, with times", async () => {
    expect(await asked(JSON.stringify([update]))).toEqual([
      { ...update, startTime: new Date(update.startTime), endTime: new Date(update.endTime) },
    ]);
    const args = readFileSync(join(directory, "arguments"), "utf8");
    expect(args).toContain("stack history --json --page-size 100 --page 1 --stack production");
    // Values of secrets are not asked for.
    expect(args).not.toContain("--show-secrets");
  });

  it.each(["[]", "null"])("is empty where nothing was ever updated: %s", async (answer) => {
    expect(await asked(answer)).toEqual([]);
  });

  it.each([
    ["of another form", '[{"kind":"update"}]', 0],
    ["no JSON", "Diagnostics:", 0],
    ["a failure", "", 255],
  ])("is refused where the answer is %s", async (_, answer, status) => {
    await expect(asked(answer, status)).rejects.toMatchObject({ code: "EngineFailed" });
  });
});
