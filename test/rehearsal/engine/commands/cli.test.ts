// What people type: a project on disk, its program run by Node, short flags, readable lines, exit codes.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { engineVersion } from "../../../../rehearsal/engine/version.ts";
import { ENGINE_ROOT, environmentIn } from "../workbench.ts";

const PROGRAM = `
import * as pulumi from "@pulumi/pulumi";
import { local } from "@pulumi/command";
import { greeting } from "./greeting.ts";
const config: pulumi.Config = new pulumi.Config();
const hello = new local.Command("hello", { create: "echo " + greeting(config.get("who")) });
if (config.getBoolean("broken")) throw new TypeError("the program is broken");
export const said = hello.stdout;
export const token = config.getSecret("token");
`;

let base = "";

beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), "liftlock-cli-"));
  mkdirSync(join(base, "stacks"));
  writeFileSync(
    join(base, "Pulumi.yaml"),
    "name: p\nruntime: {name: nodejs, options: {typescript: false}}\nmain: stacks/index.ts\n",
  );
  writeFileSync(join(base, "package.json"), '{"type":"module"}');
  writeFileSync(join(base, "stacks/index.ts"), PROGRAM);
  writeFileSync(
    join(base, "stacks/greeting.ts"),
    'export const greeting = (who = "world"): string => "hello " + who;',
  );
  symlinkSync(resolve(ENGINE_ROOT, "../../node_modules"), join(base, "node_modules"));
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** Runs a command line in the project. */
function pulumi(...args: string[]) {
  const env = { ...process.env, ...environmentIn(base), LIFTLOCK_NODE: process.execPath };
  const { status, stdout, stderr } = spawnSync(join(ENGINE_ROOT, "bin/pulumi"), args, {
    cwd: base,
    env,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

describe("a session at a terminal", () => {
  test("goes from init to removal", () => {
    expect(pulumi("stack", "init", "production").stdout).toBe("Created stack 'production'\n");
    expect(pulumi("config", "set", "--secret", "token", "hush").status).toBe(0);
    const preview = pulumi("preview", "-s", "production");
    expect(preview.stdout).toContain(" +  command:local:Command hello to create");
    expect(preview.stdout).toContain("said: [unknown]");
    const up = pulumi("up", "-s", "production", "--yes", "-m", "first");
    expect(up.stderr).toBe("");
    expect(up.stdout).toMatch(
      /Updating \(production\), rehearsal:\n[\s\S]*hello created[\s\S]*said: "hello world"\n[\s\S]*2 created/,
    );
    expect(up.stdout).not.toContain("hush");
    expect(pulumi("stack", "output", "said").stdout).toBe("hello world\n");
    expect(JSON.parse(pulumi("stack", "output", "--json").stdout)).toEqual({
      said: "hello world",
      token: "[secret]",
    });
    expect(JSON.parse(pulumi("stack", "output", "--json", "--show-secrets").stdout)).toMatchObject({
      token: "hush",
    });
    expect(pulumi("stack", "ls").stdout).toMatch(/production\*\s+\S+\s+3/);
    expect(pulumi("stack", "history").stdout).toMatch(
      /UpdateKind: update\nStatus: succeeded\nMessage: first/,
    );
    expect(pulumi("config").stdout).toMatch(/token\s+\[secret\]/);
    expect(pulumi("-C", join(base, "stacks"), "preview", "--expect-no-changes").status).toBe(0);
    expect(pulumi("destroy", "-y").stdout).toContain("2 deleted");
    expect(pulumi("stack", "rm", "-y").status).toBe(0);
  });

  test("tells a program's own failure from a refusal, and both from success", () => {
    pulumi("stack", "init", "dev");
    expect(pulumi("up", "-y").status).toBe(0);
    pulumi("config", "set", "who", "you");
    expect(pulumi("preview", "--expect-no-changes")).toMatchObject({
      status: 7,
      stderr: "error: no changes were expected but changes were proposed\n",
    });
    pulumi("config", "set", "broken", "true");
    const broken = pulumi("up", "-y");
    expect(broken.status).toBe(1);
    expect(broken.stderr).toContain("TypeError: the program is broken");
    // What an update that failed could not reach is kept.
    expect(pulumi("stack", "output", "said").stdout).toBe("hello world\n");
  });
});

test.each<[string[], number, RegExp]>([
  [["up"], 2, /--yes must be passed/],
  [["up", "--target", "x", "-y"], 1, /--target is not supported by the rehearsal engine/],
  [["watch"], 1, /`pulumi watch` is not supported by the rehearsal engine/],
  [["stack", "rename", "x"], 1, /`pulumi stack rename` is not supported/],
  [["stack", "select", "nope"], 6, /no stack named 'nope' found/],
  [["config", "get", "nope", "-s", "nope"], 6, /no stack named 'nope' found/],
  [["stack", "init", "a b"], 2, /invalid stack name/],
  [["-C", "/", "preview"], 1, /no Pulumi.yaml/],
  [[], 2, /a command is expected/],
])("%j ends with %i", (args, status, message) => {
  const run = pulumi(...args);
  expect(run.status).toBe(status);
  expect(run.stderr).toMatch(message);
});

test("the version needs no project and loads next to nothing", () => {
  const { stdout } = spawnSync(join(ENGINE_ROOT, "bin/pulumi"), ["version"], {
    cwd: "/",
    env: { ...process.env, LIFTLOCK_NODE: process.execPath, NODE_DEBUG: "" },
    encoding: "utf8",
  });
  expect(stdout).toBe(`${engineVersion}\n`);
});
