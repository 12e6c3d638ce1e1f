// What an operation consists of: reading back, running the program, deleting what is left over.
import { refresh } from "../deployment/refresh.ts";
import { removeRest } from "../deployment/remove.ts";
import type { ProgramEnd, ProgramRun } from "../language/run.ts";
import type { Operation } from "./prepare.ts";

/** Runs the phases of an operation in order. */
export async function runPhases(operation: Operation): Promise<void> {
  const { deployment, options } = operation;
  if (options.kind === "refresh" || options.refresh) await refresh(deployment, options.kind !== "refresh");
  if (options.kind === "update" || options.kind === "preview") await runProgram(operation);
  // Only a program that ended well has said everything it wants: otherwise nothing is deleted.
  if (options.kind !== "refresh" && deployment.steps.failure === undefined) await removeRest(deployment);
}

async function runProgram(operation: Operation): Promise<void> {
  const { deployment, target, options } = operation;
  const { serve } = await import("../rpc/server.ts");
  const { project, ref } = target;
  const info = {
    project: project.name,
    stack: ref.stack,
    dryRun: options.dryRun,
    parallel: options.parallel,
  };
  const server = await serve(deployment, deployment.events, info);
  const end = await runIn(operation, server.address);
  await deployment.steps.idle();
  server.close();
  if (!end.ok && deployment.steps.failure === undefined) {
    if (end.message) deployment.events.diagnostic("error", end.message);
    deployment.steps.abort(end.message ?? "the program failed");
  }
  if (server.errors() > 0) deployment.steps.abort("the program reported errors");
}

async function runIn(
  { deployment, target, options, configured, signal }: Operation,
  monitor: string,
): Promise<ProgramEnd> {
  const { project, ref } = target;
  const run: ProgramRun = {
    project: project.name,
    stack: ref.stack,
    root: project.directory,
    program: project.program,
    monitor,
    dryRun: options.dryRun,
    parallel: options.parallel,
    config: Object.fromEntries(Object.entries(configured).map(([key, { value }]) => [key, value])),
    secretKeys: Object.keys(configured).filter((key) => configured[key]?.secret),
    options: project.runtimeOptions,
    events: deployment.events,
    signal,
  };
  if (options.client) return (await import("../language/inline.ts")).runInline(run, options.client);
  return (await import("../language/local.ts")).runLocal(run);
}
