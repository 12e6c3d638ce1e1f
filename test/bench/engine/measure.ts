import { execFile } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { LocalWorkspace, PulumiCommand, type Stack } from "@pulumi/pulumi/automation/index.js";
import { BenchFailure } from "../failure.ts";
import { type EngineFigures, median } from "../figures.ts";
import type { WorldDescription } from "../world/protocol.ts";
import { mixed } from "./program.ts";

/** Runs of which the median is taken. */
const times = 3;
const execute = promisify(execFile);

/** Median seconds of a few runs, one after another. */
async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const seconds: number[] = [];
  for (let run = 0; run < times; run++) {
    const start = performance.now();
    await work();
    seconds.push((performance.now() - start) / 1000);
  }
  return median(seconds);
}

/** An update that must find everything as it should be. */
async function unchanged(stack: Stack, resources: number): Promise<void> {
  const { summary } = await stack.up();
  const { same = 0, ...changes } = summary.resourceChanges ?? {};
  if (same < resources || Object.keys(changes).length > 0)
    throw new BenchFailure(
      `expected ${resources} resources to stay as they are, got ${JSON.stringify(changes)}`,
    );
}

/** Its command line alone: started, and started to read a stack's outputs with their secrets. */
async function measureCommands({ name, workspace }: Stack): Promise<EngineFigures["commands"]> {
  const { workDir, envVars, pulumiCommand } = workspace;
  const run = (...args: string[]) =>
    secondsOf(() =>
      execute(pulumiCommand.command, args, { cwd: workDir, env: { ...process.env, ...envVars } }),
    );
  return {
    version: await run("version"),
    output: await run("stack", "output", "--json", "--show-secrets", "--stack", name),
  };
}

/** A stack of that many resources, not made yet. Its project goes with the world. */
async function newStack(world: WorldDescription, resources: number): Promise<Stack> {
  return LocalWorkspace.createStack(
    { stackName: `bench-${resources}`, projectName: "bench", program: mixed(resources) },
    {
      workDir: mkdtempSync(join(dirname(world.workDirectory), "bench-")),
      pulumiCommand: await PulumiCommand.get({ root: world.engineRoot }),
      envVars: { ...world.environment, GITHUB_OWNER: world.registry.username },
    },
  );
}

/** Measures the engine through the unmodified Automation API, against the world's clouds. Nothing but it runs there. */
export async function measureEngine(
  world: WorldDescription,
  say: (text: string) => void,
): Promise<EngineFigures> {
  const small = await newStack(world, 15);
  const preview15 = await secondsOf(() => small.preview());
  await small.up();
  const noop15 = await secondsOf(() => unchanged(small, 15));
  const commands = await measureCommands(small);
  say(`15 resources: preview ${preview15.toFixed(2)} s, update without a change ${noop15.toFixed(2)} s`);
  const large = await newStack(world, 100);
  await large.up();
  const noop100 = await secondsOf(() => unchanged(large, 100));
  say(`100 resources: update without a change ${noop100.toFixed(2)} s`);
  return { preview15, noop15, noop100, commands };
}
