// up, preview, refresh and destroy, from lock to history.
import { Deployment } from "../deployment/deployment.ts";
import { Inventory } from "../deployment/inventory.ts";
import { Steps } from "../deployment/steps.ts";
import { Events } from "../events/events.ts";
import { openSink } from "../events/sinks.ts";
import { stackOutputs, Terminal } from "../events/terminal.ts";
import { EngineError, isAborted, messageOf } from "../failure.ts";
import type { Project } from "../project/project.ts";
import type { ConfigValue, StackConfig } from "../project/stack-config.ts";
import { Packages, packageLoader } from "../providers/packages.ts";
import { CheckpointWriter, checkpointText } from "../state/checkpoint.ts";
import { addHistory } from "../state/history.ts";
import { lockStack } from "../state/locks.ts";
import type { Snapshot, StackRef } from "../state/resource.ts";
import { type Props, secret } from "../values/values.ts";
import { onInterrupt } from "./interrupt.ts";
import type { OperationKind, OperationOptions } from "./options.ts";
import { runPhases } from "./phases.ts";

/** A stack with all an operation needs to know of it. */
export interface Target {
  readonly project: Project;
  readonly ref: StackRef;
  readonly config: StackConfig;
}

const HEADLINES: Readonly<Record<OperationKind, string>> = {
  update: "Updating",
  preview: "Previewing update",
  refresh: "Refreshing",
  destroy: "Destroying",
};

/** Configuration of a package, as its default provider gets it. */
function packageConfig(all: Readonly<Record<string, ConfigValue>>, project: string) {
  return (pkg: string): Props => {
    if (pkg === project) return {};
    const mine = Object.entries(all).filter(([key]) => key.startsWith(`${pkg}:`));
    return Object.fromEntries(
      mine.map(([key, { value, secret: hidden }]) => [
        key.slice(pkg.length + 1),
        hidden ? secret(value) : value,
      ]),
    );
  };
}

/** The stack's snapshot, with secrets ready to use; deriving their key overlaps with loading gRPC. */
async function loadSnapshot({ project, ref, config }: Target): Promise<Snapshot> {
  if (config.secrets && (config.hasSecrets || project.backend.hasSecrets(ref))) {
    await Promise.all([config.secrets.unlock(), import("../rpc/protobuf.ts")]);
  }
  const snapshot = project.backend.load(ref, config.secrets);
  if (snapshot.secrets) config.adoptSecrets(snapshot.secrets);
  return { ...snapshot, secrets: snapshot.secrets ?? config.ensureSecrets() };
}

/** @throws EngineError when the operation fails, is cancelled, or changes something against `expectNoChanges`. */
export async function operate(target: Target, options: OperationOptions): Promise<void> {
  const unlock = options.dryRun ? () => undefined : lockStack(target.project.backend, target.ref);
  try {
    await run(target, options, unlock);
  } finally {
    unlock();
  }
}

async function run(target: Target, options: OperationOptions, unlock: () => void): Promise<void> {
  const { project, ref, config } = target;
  const { dryRun } = options;
  const started = Date.now();
  const snapshot = withoutClearedCreates(await loadSnapshot(target), options);
  const inventory = new Inventory(snapshot.resources, snapshot.pending);
  const checkpoint = dryRun
    ? undefined
    : new CheckpointWriter(project.backend.fileOf(ref), () =>
        checkpointText(ref, { ...snapshot, resources: inventory.resources, pending: inventory.pending }),
      );
  if (checkpoint && options.clearPendingCreates) await checkpoint.flush();
  const terminal = new Terminal(dryRun);
  terminal.line(`${dryRun ? "Previewing" : HEADLINES[options.kind]} (${ref.stack}), rehearsal:`);
  const events = new Events({ sink: await openSink(options.eventLog), terminal, dryRun });
  const stopped = new AbortController();
  const onFailure = () => stopped.abort();
  const steps = new Steps({ dryRun, parallel: options.parallel, events, inventory, checkpoint, onFailure });
  const configured = config.all(true);
  const deployment = new Deployment({
    ref,
    inventory,
    steps,
    events,
    packages: new Packages(packageLoader()),
    options: {
      dryRun,
      replace: new Set(options.replace),
      packageConfig: packageConfig(configured, project.name),
    },
  });
  const stopListening = onInterrupt(() => {
    events.diagnostic("error", `${options.kind} cancelled`);
    steps.abort(`${options.kind} cancelled`);
  }, unlock);
  events.emit({ preludeEvent: { config: maskedConfig(configured) } });
  if (!dryRun) warnOfPending(events, snapshot);
  let fault: unknown;
  try {
    await runPhases({ target, options, deployment, configured, signal: stopped.signal });
  } catch (error) {
    if (!isAborted(error)) {
      fault = error;
      events.diagnostic("error", messageOf(error));
      steps.abort(messageOf(error));
    }
  }
  await steps.idle();
  await checkpoint?.finish();
  stopListening();
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
      isPreview: dryRun,
      result,
    },
  });
  if (!dryRun) {
    addHistory(project.backend, ref, {
      kind: options.kind,
      startTime: Math.floor(started / 1000),
      message: options.message,
      environment: { "exec.kind": options.execKind, rehearsal: "true" },
      config: config.stored(),
      version: 0,
      result,
      endTime: Math.floor(Date.now() / 1000),
      resourceChanges: steps.changes as Record<string, number>,
    });
  }
  await events.close();
  if (fault !== undefined && !(fault instanceof EngineError)) throw fault;
  conclude(steps, options);
}

function withoutClearedCreates(snapshot: Snapshot, options: OperationOptions): Snapshot {
  if (!options.clearPendingCreates) return snapshot;
  return { ...snapshot, pending: snapshot.pending.filter((operation) => operation.type !== "creating") };
}

function maskedConfig(all: Readonly<Record<string, ConfigValue>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(all).map(([key, { value, secret: hidden }]) => [key, hidden ? "[secret]" : value]),
  );
}

function warnOfPending(events: Events, snapshot: Snapshot): void {
  if (snapshot.pending.length === 0) return;
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

function conclude(steps: Steps, options: OperationOptions): void {
  const name = options.dryRun ? "preview" : options.kind;
  if (steps.failure !== undefined) throw new EngineError("failed", `${name} failed: ${steps.failure}`);
  const changed = Object.keys(steps.changes).some((op) => op !== "same" && op !== "read");
  if (!options.expectNoChanges || !changed) return;
  throw new EngineError(
    "changes-found",
    `no changes were expected but changes ${options.dryRun ? "were proposed" : "occurred"}`,
  );
}
