// A stack's life, through the Automation API: configured, previewed, brought up, changed, broken, mended, taken down.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { local } from "@pulumi/command";
import * as digitalocean from "@pulumi/digitalocean";
import * as github from "@pulumi/github";
import * as pulumi from "@pulumi/pulumi";
import { type EngineEvent, type OutputMap, StackNotFoundError } from "@pulumi/pulumi/automation/index.js";
import { expect, test } from "vitest";
import { sdkVersion } from "../../../../rehearsal/engine/version.ts";
import { type Workbench, workbench } from "../workbench.ts";

class Host extends pulumi.ComponentResource {
  readonly droplet: digitalocean.Droplet;

  constructor(name: string, size: string) {
    super("test:index:Host", name);
    this.droplet = new digitalocean.Droplet(
      name,
      { image: "debian", size, region: "fra1" },
      { parent: this },
    );
    this.registerOutputs({ address: this.droplet.ipv4Address });
  }
}

/** A host, something installed on it, a secret that knows both; optionally something that fails. */
async function program(): Promise<Record<string, unknown>> {
  const config = new pulumi.Config();
  const { droplet } = new Host("web", config.get("size") ?? "s-1");
  const install = new local.Command(
    "install",
    {
      create: pulumi.interpolate`echo ${config.get("message") ?? "v1"} on ${droplet.ipv4Address}`,
      triggers: [config.get("trigger") ?? "0"],
    },
    { dependsOn: droplet },
  );
  new github.ActionsSecret("host", {
    repository: "acme",
    secretName: "HOST",
    plaintextValue: pulumi.interpolate`${droplet.ipv4Address}:${config.requireSecret("token")}`,
  });
  if (config.getBoolean("fail"))
    new local.Command("broken", { create: "echo before; exit 3" }, { dependsOn: install });
  return { address: droplet.ipv4Address, token: config.requireSecret("token"), said: install.stdout };
}

async function firstUpdate({ stack, checkpoint, everything }: Workbench): Promise<void> {
  const events: EngineEvent[] = [];
  const up = await stack.up({ onEvent: (event) => events.push(event), message: "first" });
  expect(up.summary).toMatchObject({
    kind: "update",
    result: "succeeded",
    message: "first",
    resourceChanges: { create: 5 },
  });
  expect(up.summary.environment).toMatchObject({ rehearsal: "true" });
  expect(up.outputs).toMatchObject({ token: { value: "hush", secret: true } } satisfies Partial<OutputMap>);
  expect(up.outputs.said?.value).toMatch(/^v1 on 192\.0\.2\.\d+$/);
  const kinds = new Set(events.flatMap((event) => Object.keys(event)));
  for (const kind of ["preludeEvent", "resourcePreEvent", "resOutputsEvent", "summaryEvent"])
    expect(kinds).toContain(kind);
  expect(events.filter((event) => event.cancelEvent)).toHaveLength(1);
  // Neither state nor history nor events hold the secret; an export that asks for it does.
  expect(checkpoint()).not.toContain("hush");
  expect(everything()).not.toContain("hush");
  // Debug messages of the SDK carry secrets, here as with the real engine: whoever listens must drop them.
  const shown = events.filter((event) => (event.diagnosticEvent?.severity as string | undefined) !== "debug");
  expect(JSON.stringify(shown)).not.toContain("hush");
  expect(JSON.stringify(events)).toContain("hush");
  expect(JSON.stringify(await stack.exportStack())).toContain("hush");
}

async function changes({ stack }: Workbench): Promise<void> {
  expect((await stack.up({ expectNoChanges: true })).summary.resourceChanges).toEqual({ same: 5 });
  await stack.setConfig("message", { value: "v2" });
  expect((await stack.up()).summary.resourceChanges).toEqual({ same: 4, update: 1 });
  await stack.setConfig("trigger", { value: "1" });
  expect((await stack.up()).summary.resourceChanges).toEqual({ same: 4, replace: 1 });
}

async function failure({ stack }: Workbench): Promise<void> {
  await stack.setConfig("fail", { value: "true" });
  await stack.setConfig("size", { value: "s-2" });
  await expect(stack.up()).rejects.toThrow(/exit status 3/);
  const { deployment } = await stack.exportStack();
  const resources = deployment.resources as { urn: string; inputs: { size?: string } }[];
  expect(resources.find(({ urn }) => urn.endsWith("::broken"))).toBeUndefined();
  expect(resources.find(({ urn }) => urn.endsWith("::web") && urn.includes("Droplet"))?.inputs.size).toBe(
    "s-2",
  );
  expect(deployment.pending_operations).toBeUndefined();
  await stack.removeConfig("fail");
  const [latest] = await stack.history(1);
  expect(latest).toMatchObject({ result: "failed", config: { "p:token": { value: "hush", secret: true } } });
}

async function drift({ stack, base }: Workbench): Promise<void> {
  await stack.up();
  const file = join(base, "cloud.json");
  writeFileSync(file, readFileSync(file, "utf8").replaceAll('"s-2"', '"s-drift"'));
  await expect(stack.previewRefresh({ expectNoChanges: true })).rejects.toThrow(
    /exit code 7.*no changes were expected/s,
  );
  await expect(stack.preview({ refresh: true, expectNoChanges: true })).rejects.toThrow(
    /no changes were expected/,
  );
  expect((await stack.preview()).changeSummary).toEqual({ same: 5 });
  expect((await stack.refresh()).summary.resourceChanges).toMatchObject({ update: 1 });
  expect((await stack.preview()).changeSummary).toMatchObject({ update: 1 });
}

test("a stack's life", async () => {
  await using bench = await workbench();
  const { stack } = bench;
  bench.run(program);
  expect(stack.workspace.pulumiVersion).toBe(`${sdkVersion}-rehearsal`);
  await expect(stack.workspace.selectStack("nope")).rejects.toBeInstanceOf(StackNotFoundError);
  await stack.setAllConfig({ size: { value: "s-1" }, token: { value: "hush", secret: true } });
  expect(await stack.getConfig("token")).toEqual({ value: "hush", secret: true });
  expect((await stack.preview()).changeSummary).toEqual({ create: 5 });
  await firstUpdate(bench);
  const before = await stack.exportStack();
  await changes(bench);
  await failure(bench);
  await drift(bench);
  await stack.importStack(before);
  expect((await stack.destroy()).summary.resourceChanges).toMatchObject({ delete: 5 });
  expect(JSON.parse(readFileSync(join(bench.base, "cloud.json"), "utf8"))).toEqual({
    droplet: {},
    secret: {},
  });
  await stack.workspace.removeStack("dev");
  expect(await stack.workspace.listStacks()).toEqual([]);
});

test("structured configuration keeps its strings and comes back from history", async () => {
  await using bench = await workbench();
  const release = { version: "1.2.3", commit: "1234567", images: { api: "r/api@sha256:00" } };
  const value = { value: JSON.stringify(release), objectValue: release };
  await bench.stack.workspace.setAllConfigJson("dev", JSON.stringify({ "p:release": value }));
  bench.run(async () => ({ commit: new pulumi.Config().requireObject<typeof release>("release").commit }));
  const { outputs, summary } = await bench.stack.up();
  expect(outputs.commit?.value).toBe("1234567");
  expect(summary.config["p:release"]).toEqual({ ...value, secret: false });
  expect(readFileSync(join(bench.base, "work/Pulumi.dev.yaml"), "utf8")).toContain('commit: "1234567"');
});
