// Editing the state without a program: what `pulumi state unprotect` does, and what it refuses.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import * as digitalocean from "@pulumi/digitalocean";
import { expect, test } from "vitest";
import { ENGINE_ROOT, type Workbench, workbench } from "../workbench.ts";

const two = (region: string) => async () => {
  const make = (name: string) =>
    new digitalocean.Droplet(name, { image: "debian", size: "s-1", region }, { protect: true });
  return { ids: [make("a").id, make("b").id] };
};

function pulumi({ base, env }: Workbench, ...args: string[]) {
  const options = {
    cwd: join(base, "work"),
    env: { ...process.env, ...env, LIFTLOCK_NODE: process.execPath },
  };
  const { status, stdout, stderr } = spawnSync(join(ENGINE_ROOT, "bin/pulumi"), args, {
    ...options,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

const protections = async ({ stack }: Workbench): Promise<Record<string, boolean>> => {
  const { deployment } = await stack.exportStack();
  const { resources } = deployment as { resources: { urn: string; protect?: boolean }[] };
  return Object.fromEntries(
    resources
      .filter(({ urn }) => urn.includes("Droplet::"))
      .map(({ urn, protect = false }) => [urn.split("::").at(-1) ?? "", protect]),
  );
};

test("one resource is unprotected until the program protects it again", async () => {
  await using bench = await workbench();
  bench.run(two("fra1"));
  await bench.stack.up();
  const { deployment } = await bench.stack.exportStack();
  const urn =
    (deployment as { resources: { urn: string }[] }).resources.find((r) => r.urn.endsWith("::a"))?.urn ?? "";
  const done = pulumi(bench, "state", "unprotect", urn, "--yes", "--stack", "dev");
  expect(done).toMatchObject({ status: 0, stdout: "1 resources unprotected\n" });
  expect(await protections(bench)).toEqual({ a: false, b: true });
  // The program still says so: one replacement is let through, and what comes is protected.
  await bench.stack.up({ replace: [urn] });
  expect(await protections(bench)).toEqual({ a: true, b: true });
  await expect(bench.stack.up({ replace: [urn] })).rejects.toThrow(/protection/);
}, 180_000);

test("what is not there, and what nobody has agreed to, is refused, and nothing is changed", async () => {
  await using bench = await workbench();
  bench.run(two("fra1"));
  await bench.stack.up();
  const unknown = pulumi(bench, "state", "unprotect", "urn:pulumi:dev::p::x::y", "--yes", "--stack", "dev");
  expect(unknown.status).toBe(1);
  expect(unknown.stderr).toContain("No such resource");
  expect(pulumi(bench, "state", "unprotect", "--yes", "--stack", "dev").stderr).toContain("from a list");
  expect(pulumi(bench, "state", "unprotect", "--all", "--stack", "dev").stderr).toContain("--yes");
  expect(await protections(bench)).toEqual({ a: true, b: true });
  expect(pulumi(bench, "state", "unprotect", "--all", "--yes", "--stack", "dev").status).toBe(0);
  expect(await protections(bench)).toEqual({ a: false, b: false });
}, 180_000);
