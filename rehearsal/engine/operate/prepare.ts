// Everything an operation needs before it can begin.
import { Deployment } from "../deployment/deployment.ts";
import { Inventory } from "../deployment/inventory.ts";
import { register } from "../deployment/register.ts";
import { Steps } from "../deployment/steps.ts";
import { Events } from "../events/events.ts";
import { openSink } from "../events/sinks.ts";
import { Terminal } from "../events/terminal.ts";
import type { Project } from "../project/project.ts";
import type { ConfigValue, StackConfig } from "../project/stack-config.ts";
import { Packages, packageLoader } from "../providers/packages.ts";
import { CheckpointWriter, checkpointText } from "../state/checkpoint.ts";
import type { Snapshot, StackRef } from "../state/resource.ts";
import { type Props, secret } from "../values/values.ts";
import { type GitMetadata, gitMetadata } from "./git.ts";
import type { OperationOptions } from "./options.ts";

/** A stack with all an operation needs to know of it. */
export interface Target {
  readonly project: Project;
  readonly ref: StackRef;
  readonly config: StackConfig;
}

/** An operation that is ready to begin. */
export interface Operation {
  readonly target: Target;
  readonly options: OperationOptions;
  readonly started: number;
  readonly snapshot: Snapshot;
  /** Configuration, secrets in the clear. */
  readonly configured: Readonly<Record<string, ConfigValue>>;
  readonly deployment: Deployment;
  readonly terminal: Terminal;
  /** Absent in previews, which write nothing. */
  readonly checkpoint: CheckpointWriter | undefined;
  /** What git says of the project; asked for at once, needed at the end. */
  readonly git: Promise<GitMetadata>;
  /** Aborted once nothing the program does matters any more. */
  readonly signal: AbortSignal;
}

/** The stack's snapshot, with secrets ready to use; deriving their key overlaps with loading gRPC. */
async function loadSnapshot({ project, ref, config }: Target, options: OperationOptions): Promise<Snapshot> {
  if (config.secrets && (config.hasSecrets || project.backend.hasSecrets(ref))) {
    await Promise.all([config.secrets.unlock(), import("../rpc/protobuf.ts")]);
  }
  const snapshot = project.backend.load(ref, config.secrets);
  if (snapshot.secrets) config.adoptSecrets(snapshot.secrets);
  const pending = options.clearPendingCreates
    ? snapshot.pending.filter((operation) => operation.type !== "creating")
    : snapshot.pending;
  return { ...snapshot, pending, secrets: snapshot.secrets ?? config.ensureSecrets() };
}

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

/** Reads state and configuration, opens the event stream, puts the parts together. */
export async function prepare(target: Target, options: OperationOptions): Promise<Operation> {
  const { project, ref, config } = target;
  const { dryRun, parallel } = options;
  const started = Date.now();
  const git = gitMetadata(project.directory);
  const snapshot = await loadSnapshot(target, options);
  const inventory = new Inventory(snapshot.resources, snapshot.pending);
  const current = () => ({ ...snapshot, resources: inventory.resources, pending: inventory.pending });
  const checkpoint = dryRun
    ? undefined
    : new CheckpointWriter(project.backend.fileOf(ref), () => checkpointText(ref, current()));
  const terminal = new Terminal(dryRun);
  const events = new Events({ sink: await openSink(options.eventLog), terminal, dryRun });
  const stopped = new AbortController();
  const onFailure = () => stopped.abort();
  const configured = config.all(true);
  const deployment = new Deployment({
    ref,
    inventory,
    steps: new Steps({ dryRun, parallel, events, inventory, checkpoint, onFailure }),
    events,
    packages: new Packages(packageLoader()),
    register,
    options: {
      dryRun,
      replace: new Set(options.replace),
      packageConfig: packageConfig(configured, project.name),
    },
  });
  return {
    target,
    options,
    started,
    snapshot,
    configured,
    deployment,
    terminal,
    checkpoint,
    git,
    signal: stopped.signal,
  };
}
