import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { crashes } from "../../rehearsal/images/faulty-releases.ts";
import { startWorld, type World } from "../../rehearsal/world/world.ts";
import { init } from "../../src/automation/init.ts";
import { deploy } from "../../src/automation/promote.ts";
import { StackFile } from "../../src/automation/stackFile.ts";
import { actor, configuration, liftlock, pulumi, type Ran } from "./stage.ts";

/** A world in which nothing was brought up yet. */
let world: World;
let good = "";
beforeAll(async () => {
  world = await startWorld({
    directory: mkdtempSync(join(tmpdir(), "liftlock-input-")),
    hosts: 1,
    health: { timeout: 5, window: 0 },
  });
  Object.assign(process.env, world.environment);
  good = JSON.stringify(await world.release("1.0.0", "1111111"));
});
afterAll(() => world[Symbol.asyncDispose]());

const stackFile = "Pulumi.production.yaml";

/** Runs a command in a copy of the project in which one file was changed, and looks whether anything was touched. */
async function run(
  args: readonly string[],
  change: {
    file?: string;
    edit?: (text: string) => string;
    environment?: Record<string, string | undefined>;
    stdin?: string;
  } = {},
): Promise<Ran & { untouched: boolean }> {
  const directory = mkdtempSync(join(tmpdir(), "liftlock-input-project-"));
  cpSync(world.workDirectory, directory, { recursive: true, verbatimSymlinks: true });
  const file = join(directory, change.file ?? stackFile);
  if (change.edit) writeFileSync(file, change.edit(readFileSync(file, "utf8")));
  const before = readFileSync(join(directory, stackFile), "utf8");
  const environment = { ...world.environment, ...change.environment };
  const ran = await liftlock({ ...world, environment: environment as Record<string, string> }, args, {
    directory,
    stdin: change.stdin ?? good,
  });
  const untouched =
    readFileSync(join(directory, stackFile), "utf8") === before && world.hosts.hosts.length === 0;
  rmSync(directory, { recursive: true });
  return { ...ran, untouched };
}

const lift = ["deploy", "production", "--release", "-"];

describe("bad input: code, place and next step, exit 2, nothing touched", () => {
  it.each<[string, string, readonly string[], Parameters<typeof run>[1], string]>([
    ["an unknown environment", "StackUnknown", ["promote", "--to", "prod"], {}, "prod"],
    [
      "an environment without configuration",
      "StackUnknown",
      ["promote", "--to", "uat"],
      {},
      "Pulumi.uat.yaml",
    ],
    ["a path for an environment", "StackUnknown", ["resume", "../production"], {}, "../production"],
    ["a stack that was never brought up", "StackUnknown", lift, {}, "production"],
    ["a file that is not YAML", "ConfigInvalid", lift, { edit: () => "config: [" }, stackFile],
    ["an empty file", "ConfigInvalid", lift, { edit: () => "" }, "liftlock:app"],
    [
      "an unknown key",
      "ConfigInvalid",
      lift,
      { edit: (t) => t.replace("liftlock:fleet", "liftlock:flet") },
      'did you mean "fleet"',
    ],
    [
      "a missing key",
      "ConfigInvalid",
      lift,
      { edit: (t) => t.replace(/ {4}region: .*\n/, "") },
      "liftlock:fleet.region",
    ],
    [
      "a secret in the clear",
      "ConfigInvalid",
      lift,
      { edit: (t) => t.replace(/hostKeySeed:\n\s+secure: .*/, "hostKeySeed: clear") },
      "liftlock:ssh.hostKeySeed",
    ],
    [
      "a variable without a value",
      "EnvironmentVariables",
      lift,
      { edit: (t) => t.replace(/ {6}PUBLIC_URL: .*\n/, "") },
      "PUBLIC_URL",
    ],
    [
      "an unknown variable",
      "EnvironmentVariables",
      lift,
      { edit: (t) => t.replace("      PUBLIC_URL:", "      PUBLIC_URLS: x\n      PUBLIC_URL:") },
      "PUBLIC_URLS",
    ],
    [
      "no token for DigitalOcean",
      "TokenMissing",
      lift,
      { environment: { DIGITALOCEAN_TOKEN: "", DIGITALOCEAN_ACCESS_TOKEN: "" } },
      "DIGITALOCEAN_TOKEN",
    ],
    ["no token for GitHub", "TokenMissing", lift, { environment: { GITHUB_TOKEN: "" } }, "GITHUB_TOKEN"],
    ["a release that is not JSON", "ReleaseInvalid", lift, { stdin: "version: 1" }, "JSON"],
    ["a release without images", "ReleaseInvalid", lift, { stdin: "{}" }, "images"],
    [
      "a release with a tag",
      "ReleaseInvalid",
      lift,
      {
        stdin:
          '{"version":"1.0.0","commit":"1111111","createdAt":"2026-01-01T00:00:00Z","images":{"api":"ghcr.io/a/b:1"}}',
      },
      'the tag "1"',
    ],
    [
      "a release file that is not there",
      "ReleaseInvalid",
      ["deploy", "production", "--release", "nowhere.json"],
      {},
      "nowhere.json",
    ],
    ["an unknown engine", "UsageInvalid", ["--engine", "terraform", "promote"], {}, "terraform"],
    ["a number of updates that is none", "UsageInvalid", ["history", "--count", "many"], {}, "many"],
  ])("%s: %s", async (_, code, args, change, place) => {
    const ran = await run(args, change);
    const failure = ran.events.at(-1);
    expect(failure).toMatchObject({ event: "failed", code, fault: "user" });
    expect(String(failure?.["message"])).toContain(place);
    expect(ran.stderr).toContain(code);
    expect(ran.exit).toBe(2);
    expect(ran.untouched).toBe(true);
  });

  it.each([
    [["lift"], "unknown command"],
    [["deploy"], "missing required argument"],
    [["deploy", "staging"], "either --release or --version"],
    [["promote", "--fast"], "unknown option"],
  ])("usage %j: exit 2", async (args, said) => {
    const ran = await run(args);
    expect(ran.exit).toBe(2);
    expect(ran.stderr).toContain(said);
  });
});

it("is told by the engine's own command line as by ours, without a place in our code", async () => {
  const directory = mkdtempSync(join(tmpdir(), "liftlock-input-project-"));
  cpSync(world.workDirectory, directory, { recursive: true, verbatimSymlinks: true });
  const file = join(directory, stackFile);
  writeFileSync(file, readFileSync(file, "utf8").replace("liftlock:fleet:", "liftlock:flet:"));
  const up = await pulumi(world, ["preview", "--stack", "production"], directory);
  rmSync(directory, { recursive: true });
  expect(up.exit).not.toBe(0);
  expect(up.output).toContain('unknown key; did you mean "fleet"?');
  expect(up.output).not.toMatch(/\.ts:\d+/);
});

describe("a stack whose secrets cannot be read", () => {
  it.each([
    ["no passphrase", { PULUMI_CONFIG_PASSPHRASE: undefined, PULUMI_CONFIG_PASSPHRASE_FILE: "" }],
    ["a wrong one", { PULUMI_CONFIG_PASSPHRASE: "wrong", PULUMI_CONFIG_PASSPHRASE_FILE: "" }],
  ])("%s: PassphraseMissing, exit 2", async (_, environment) => {
    const up = await pulumi(world, ["up", "--yes", "--skip-preview", "--stack", "staging"]);
    expect(up.exit).toBe(0);
    const ran = await liftlock(
      { ...world, environment: { ...world.environment, ...environment } as Record<string, string> },
      ["deploy", "staging", "--release", "-"],
      {
        stdin: good,
        environment: { PULUMI_CONFIG_PASSPHRASE: undefined, PULUMI_CONFIG_PASSPHRASE_FILE: undefined },
      },
    );
    expect(ran.events.at(-1)).toMatchObject({ event: "failed", code: "PassphraseMissing" });
    expect(ran.exit).toBe(2);
  });
});

it("the first release of an environment that fails has nothing to go back to: NoRollbackTarget, and the next one mends it", async () => {
  const release = await world.release("1.1.0", "2222222", { api: crashes(["boom"]) });
  const result = await deploy(actor(world).context, { environment: "staging", release, allow: [] });
  expect(result).toMatchObject({
    status: "Failed",
    reason: { code: "StartFailed" },
    backReason: { code: "NoRollbackTarget" },
  });
  expect(result).not.toHaveProperty("runs");
});

it("init makes a stack whose configuration is complete, with keys of its own", async () => {
  const who = actor(world);
  const options = {
    environment: "development",
    app: "shop",
    region: "fra1",
    operators: ["203.0.113.0/24"],
    hosts: 1,
  };
  expect(await init(who.context, options)).toBe("Pulumi.development.yaml");
  const file = new StackFile(world.workDirectory, "development");
  expect(file.read()).toMatchObject({ app: "shop", fleet: { size: 1, region: "fra1" } });
  expect(JSON.stringify(configuration(world.workDirectory, "development"))).not.toContain("PRIVATE KEY");
  const shown = await pulumi(world, ["config", "--json", "--show-secrets", "--stack", "development"]);
  expect(shown.output).toContain("BEGIN OPENSSH PRIVATE KEY");
  await expect(init(who.context, options)).rejects.toMatchObject({ code: "ConfigInvalid" });
});

it("init takes up what a file proposes, and says what is still missing before anything is made", async () => {
  const who = actor(world);
  const path = join(world.workDirectory, "Pulumi.uat.yaml");
  const proposed =
    "# ours\nconfig:\n  liftlock:app: shop\n  liftlock:fleet: { size: 3, region: fra1 } # small\n";
  writeFileSync(path, proposed);
  await expect(init(who.context, { environment: "uat" })).rejects.toMatchObject({
    code: "ConfigInvalid",
    message: expect.stringContaining("liftlock:fleet.operators"),
  });
  expect(readFileSync(path, "utf8")).toBe(proposed);
  expect(who.context.workspace.environments()).not.toContain("uat");

  await init(who.context, { environment: "uat", operators: ["203.0.113.0/24"] });
  expect(new StackFile(world.workDirectory, "uat").read()).toMatchObject({
    app: "shop",
    fleet: { size: 3, region: "fra1", operators: ["203.0.113.0/24"] },
  });
  expect(readFileSync(path, "utf8")).toContain("# ours");
  expect(who.context.workspace.environments()).toContain("uat");
});
