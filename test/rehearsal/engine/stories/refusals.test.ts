// What the engine does not do, it says by name; and it never reaches beyond this machine.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { local, remote } from "@pulumi/command";
import * as digitalocean from "@pulumi/digitalocean";
import * as docker from "@pulumi/docker";
import * as github from "@pulumi/github";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { workbench } from "../workbench.ts";

const droplet = (options: pulumi.CustomResourceOptions) =>
  new digitalocean.Droplet("d", { image: "debian", size: "s-1", region: "fra1" }, options);

const other = () => new local.Command("other", { create: "true" });

describe("resource options", () => {
  test.each<[string, () => unknown, RegExp]>([
    ["import", () => droplet({ import: "7" }), /resource option 'import'/],
    ["deletedWith", () => droplet({ deletedWith: other() }), /resource option 'deletedWith'|deletedWith/i],
    [
      "customTimeouts",
      () => droplet({ customTimeouts: { create: "1m" } }),
      /resource option 'customTimeouts'/,
    ],
    ["transforms", () => droplet({ transforms: [() => undefined] }), /transforms/i],
    [
      "hooks",
      () => droplet({ hooks: { beforeCreate: [new pulumi.ResourceHook("h", () => undefined)] } }),
      /hooks/i,
    ],
    [
      "an unknown type",
      () => new digitalocean.Vpc("v", { region: "fra1" }),
      /resource type digitalocean:index\/vpc:Vpc/,
    ],
    [
      "an unknown package",
      () => new docker.RemoteImage("i", { name: "x" }),
      /resource type docker:index\/remoteImage/,
    ],
    [
      "an asset",
      () => new local.Command("a", { create: new pulumi.asset.StringAsset("x") as unknown as string }),
      /asset/,
    ],
    [
      "a stack reference",
      () => new pulumi.StackReference("organization/p/other"),
      /pulumi:pulumi:StackReference/,
    ],
  ])("%s", async (_name, make, message) => {
    await using bench = await workbench();
    bench.run(async () => void make());
    await expect(bench.stack.preview()).rejects.toThrow(message);
  });
});

describe("options of an operation", () => {
  test.each<[string, Record<string, unknown>]>([
    ["targets", { target: ["urn"] }],
    ["excludes", { exclude: ["urn"] }],
    ["plans", { plan: "plan.json" }],
    ["policy packs", { policyPacks: ["pack"] }],
    ["continuing after errors", { continueOnError: true }],
    ["debuggers", { attachDebugger: true }],
  ])("%s", async (_name, options) => {
    await using bench = await workbench();
    await expect(bench.stack.up(options)).rejects.toThrow(/not supported by the rehearsal engine/);
  });
});

describe("nothing beyond this machine", () => {
  const builtIn = { LIFTLOCK_REHEARSAL_PROVIDERS: "" };

  test.each<[string, Record<string, string>, () => unknown]>([
    ["an unset DigitalOcean API", { DIGITALOCEAN_API_URL: "" }, () => droplet({})],
    [
      "the real DigitalOcean API",
      { DIGITALOCEAN_API_URL: "https://api.digitalocean.com" },
      () => droplet({}),
    ],
    [
      "an unset GitHub API",
      { GITHUB_BASE_URL: "" },
      () => new github.ActionsVariable("v", { repository: "r", variableName: "V", value: "x" }),
    ],
    [
      "an explicit provider elsewhere",
      {},
      () =>
        droplet({
          provider: new digitalocean.Provider("elsewhere", { apiEndpoint: "https://api.digitalocean.com" }),
        }),
    ],
  ])("%s is refused, in previews too", async (_name, env, make) => {
    await using bench = await workbench({ ...builtIn, ...env });
    bench.run(async () => void make());
    await expect(bench.stack.preview()).rejects.toThrow(/must be a loopback URL/);
    expect((await bench.stack.exportStack()).deployment.resources).toBeUndefined();
  });

  test("a host elsewhere is refused before anything is sent to it", async () => {
    await using bench = await workbench(builtIn);
    bench.run(
      async () =>
        void new remote.Command("c", { connection: { host: "203.0.113.9", user: "root" }, create: "true" }),
    );
    await expect(bench.stack.up()).rejects.toThrow(
      /this machine and its own networks only, not to '203.0.113.9'/,
    );
  });

  test("a backend of another tool is refused", async () => {
    await using bench = await workbench();
    const foreign = join(bench.base, "foreign");
    mkdirSync(join(foreign, ".pulumi"), { recursive: true });
    writeFileSync(join(foreign, ".pulumi/meta.yaml"), "version: 1\n");
    bench.stack.workspace.envVars = { ...bench.env, PULUMI_BACKEND_URL: `file://${foreign}` };
    await expect(bench.stack.preview()).rejects.toThrow(/did not make/);
    await expect(bench.stack.workspace.listStacks()).rejects.toThrow(/did not make/);
  });
});
