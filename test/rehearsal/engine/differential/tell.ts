// Runs a scenario on an engine and writes down what it reported and what it stored.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type EngineEvent,
  LocalWorkspace,
  PulumiCommand,
  type Stack,
} from "@pulumi/pulumi/automation/index.js";
import type { EngineUnderTest } from "./engines.ts";
import { normalOps, normalResources } from "./normalise.ts";
import type { Step, Things } from "./scenarios.ts";

/** What one step came to. */
export interface StepResult {
  readonly step: string;
  readonly result: string;
  readonly ops: readonly string[];
  readonly summary: unknown;
  readonly resources: readonly unknown[];
  readonly pending: readonly string[];
  readonly history: unknown;
}

interface Told {
  readonly stack: Stack;
  readonly base: string;
}

async function operate(stack: Stack, step: Step, onEvent: (event: EngineEvent) => void): Promise<void> {
  const options = { onEvent, ...step.options };
  switch (step.op ?? "up") {
    case "up":
      await stack.up(options);
      return;
    case "preview":
      await stack.preview(options);
      return;
    case "previewRefresh":
      await stack.preview({ ...options, refresh: true });
      return;
    case "refresh":
      if (step.options?.previewOnly) await stack.previewRefresh(options);
      else await stack.refresh(options);
      return;
    case "destroy":
      await stack.destroy(options);
      return;
  }
}

function stored(base: string): {
  resources?: unknown[];
  pending_operations?: { type: string; resource: { urn: string } }[];
} {
  const file = join(base, "state/.pulumi/stacks/p/dev.json");
  const content = JSON.parse(readFileSync(file, "utf8")) as {
    checkpoint: { latest?: Record<string, unknown> };
  };
  return content.checkpoint.latest ?? {};
}

function latestHistory(base: string): unknown {
  const directory = join(base, "state/.pulumi/history/p/dev");
  if (!existsSync(directory)) return undefined;
  const last = readdirSync(directory)
    .filter((name) => name.endsWith(".history.json"))
    .sort()
    .at(-1);
  if (last === undefined) return undefined;
  const info = JSON.parse(readFileSync(join(directory, last), "utf8")) as Record<string, unknown>;
  return { kind: info.kind, result: info.result, resourceChanges: info.resourceChanges };
}

function meddle(base: string, step: Step): void {
  const file = join(base, "cloud.json");
  if (!step.meddle || !existsSync(file)) return;
  const things = JSON.parse(readFileSync(file, "utf8")) as Things;
  step.meddle(things);
  writeFileSync(file, JSON.stringify(things));
}

/** Changes the checkpoint itself; the checksum that the real backend keeps beside it goes. */
function edit(base: string, change: NonNullable<Step["edit"]>): void {
  const file = join(base, "state/.pulumi/stacks/p/dev.json");
  const content = JSON.parse(readFileSync(file, "utf8")) as {
    checkpoint: { latest: Record<string, unknown> };
  };
  change(content.checkpoint.latest);
  writeFileSync(file, JSON.stringify(content));
  rmSync(`${file}.attrs`, { force: true });
}

async function prepare({ stack, base }: Told, step: Step): Promise<void> {
  meddle(base, step);
  for (const [key, value] of Object.entries(step.config ?? {})) await stack.setConfig(key, value);
  if (step.edit) edit(base, step.edit);
}

async function tellStep(told: Told, step: Step): Promise<Omit<StepResult, "step">> {
  await prepare(told, step);
  const events: EngineEvent[] = [];
  let result = "succeeded";
  try {
    await operate(told.stack, step, (event) => events.push(event));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    result = step.error?.test(message) ? `failed: ${step.error.source}` : `failed otherwise: ${message}`;
  }
  const state = stored(told.base);
  return {
    result,
    ops: normalOps(events),
    summary: events.find((event) => event.summaryEvent)?.summaryEvent?.resourceChanges,
    resources: normalResources(state.resources ?? []),
    pending: (state.pending_operations ?? []).map(({ type, resource }) => `${type} ${resource.urn}`),
    history: latestHistory(told.base),
  };
}

function openStack(
  engine: EngineUnderTest,
  base: string,
  program: () => Promise<Record<string, unknown>>,
): Promise<Stack> {
  const envVars = {
    PULUMI_BACKEND_URL: `file://${base}/state`,
    PULUMI_CONFIG_PASSPHRASE: "pw",
    PULUMI_HOME: join(base, "home"),
    LIFTLOCK_TEST_CLOUD: join(base, "cloud.json"),
    ...engine.env,
  };
  return PulumiCommand.get({ root: engine.root }).then((pulumiCommand) =>
    LocalWorkspace.createOrSelectStack(
      { stackName: "dev", projectName: "p", program },
      { pulumiCommand, workDir: join(base, "work"), envVars },
    ),
  );
}

/** Tells a whole scenario, in a backend of its own, to an engine or to several that take turns. */
export async function tell(
  engines: readonly EngineUnderTest[],
  steps: readonly Step[],
): Promise<StepResult[]> {
  const base = mkdtempSync(join(tmpdir(), "liftlock-differential-"));
  for (const name of ["state", "work"]) mkdirSync(join(base, name));
  let program: NonNullable<Step["program"]> = async () => undefined;
  const stacks: Stack[] = [];
  for (const engine of engines)
    stacks.push(await openStack(engine, base, async () => (await program()) ?? {}));
  const results: StepResult[] = [];
  for (const [index, step] of steps.entries()) {
    const stack = stacks[index % stacks.length];
    if (!stack) break;
    program = step.program ?? program;
    results.push({ step: `${index} ${step.op ?? "up"}`, ...(await tellStep({ stack, base }, step)) });
  }
  rmSync(base, { recursive: true, force: true });
  return results;
}
