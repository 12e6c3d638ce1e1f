// What an operation leaves behind: a summary for those who watch, and an entry in the stack's history.
import { stackOutputs } from "../events/terminal.ts";
import { addHistory } from "../state/history.ts";
import type { Operation } from "./prepare.ts";

/** Tells how the operation ended, and remembers it unless it was a preview. */
export async function record(operation: Operation): Promise<void> {
  const { target, options, deployment, terminal, started } = operation;
  const { steps, events, inventory } = deployment;
  const result = steps.failure === undefined ? "succeeded" : "failed";
  const seconds = (Date.now() - started) / 1000;
  const outputs =
    options.suppressOutputs || options.kind === "destroy" ? {} : stackOutputs(inventory.resources);
  terminal.summary({ outputs, changes: steps.changes, seconds });
  events.emit({
    summaryEvent: {
      maybeCorrupt: false,
      durationSeconds: Math.round(seconds),
      resourceChanges: steps.changes,
      PolicyPacks: {},
      isPreview: options.dryRun,
      result,
    },
  });
  if (!options.dryRun) {
    const git = await operation.git;
    addHistory(target.project.backend, target.ref, {
      kind: options.kind,
      startTime: Math.floor(started / 1000),
      message: options.message || git.title,
      environment: { ...git.environment, "exec.kind": options.execKind, rehearsal: "true" },
      config: target.config.stored(),
      version: 0,
      result,
      endTime: Math.floor(Date.now() / 1000),
      resourceChanges: steps.changes,
    });
  }
  await events.close();
}
