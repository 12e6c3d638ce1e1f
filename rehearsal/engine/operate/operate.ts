// up, preview, refresh and destroy, from lock to history.
import { EngineError, isAborted, messageOf } from "../failure.ts";
import { lockStack } from "../state/locks.ts";
import { onInterrupt } from "./interrupt.ts";
import type { OperationKind, OperationOptions } from "./options.ts";
import { runPhases } from "./phases.ts";
import { type Operation, prepare, type Target } from "./prepare.ts";
import { record } from "./record.ts";

const HEADLINES: Readonly<Record<OperationKind, string>> = {
  update: "Updating",
  preview: "Previewing update",
  refresh: "Refreshing",
  destroy: "Destroying",
};

/** @throws EngineError when the operation fails, is interrupted, or changes something against `expectNoChanges`. */
export async function operate(target: Target, options: OperationOptions): Promise<void> {
  const unlock = options.dryRun ? () => undefined : lockStack(target.project.backend, target.ref);
  try {
    const operation = await prepare(target, options);
    const stopListening = onInterrupt(() => interrupt(operation), unlock);
    announce(operation);
    await perform(operation);
    stopListening();
    await record(operation);
    conclude(operation);
  } finally {
    unlock();
  }
}

function announce({ target, options, deployment, configured, terminal, snapshot }: Operation): void {
  const { events } = deployment;
  const headline =
    options.dryRun && options.kind !== "preview" ? `Previewing ${options.kind}` : HEADLINES[options.kind];
  terminal.line(`${headline} (${target.ref.stack}), rehearsal:`);
  const shown = Object.entries(configured).map(([key, { value, secret }]) => [
    key,
    secret ? "[secret]" : value,
  ]);
  events.emit({ preludeEvent: { config: Object.fromEntries(shown) } });
  if (options.dryRun || snapshot.pending.length === 0) return;
  const lines = snapshot.pending.map(
    ({ resource, type }) => `  * ${resource.urn}, interrupted while ${type}`,
  );
  events.diagnostic(
    "warning",
    `Attempting to deploy or update resources with ${snapshot.pending.length} pending operations from previous ` +
      `deployment.\n${lines.join("\n")}\nThese resources are in an unknown state because the engine was interrupted while ` +
      "waiting for changes to these resources to complete. `pulumi refresh --clear-pending-creates` clears them.",
  );
}

async function perform(operation: Operation): Promise<void> {
  const { deployment, checkpoint, options } = operation;
  try {
    if (options.clearPendingCreates) await checkpoint?.flush();
    await runPhases(operation);
  } catch (error) {
    if (!isAborted(error)) {
      const foreseen = error instanceof EngineError || !(error instanceof Error);
      deployment.events.diagnostic("error", foreseen ? messageOf(error) : (error.stack ?? error.message));
      deployment.steps.abort(messageOf(error));
    }
  }
  await deployment.steps.idle();
  deployment.finish();
  await checkpoint?.finish();
}

function interrupt({ deployment, options }: Operation): void {
  deployment.events.diagnostic("error", `${options.kind} canceled`);
  deployment.steps.interrupt(`${options.kind} canceled`);
}

function conclude({ deployment, options }: Operation): void {
  const { steps } = deployment;
  if (steps.failure !== undefined) {
    throw new EngineError("failed", `${options.dryRun ? "preview" : options.kind} failed`);
  }
  const changed = Object.keys(steps.changes).some((op) => op !== "same" && op !== "read");
  if (!options.expectNoChanges || !changed) return;
  const what = options.dryRun ? "were proposed" : "occurred";
  throw new EngineError("changes-found", `no changes were expected but changes ${what}`);
}
