// up, preview, refresh, destroy.
import { EngineError } from "../failure.ts";
import type { OperationKind } from "../operate/options.ts";
import type { FlagSpec } from "./arguments.ts";
import type { Command, Session } from "./command.ts";

const SHARED: FlagSpec = {
  message: "value",
  parallel: "value",
  "expect-no-changes": "switch",
  "event-log": "value",
  client: "value",
  "exec-kind": "value",
  "exec-agent": "value",
  diff: "switch",
  "suppress-outputs": "switch",
  "suppress-progress": "switch",
  "skip-preview": "switch",
  "show-sames": "switch",
  "show-config": "switch",
};

const DEFAULT_PARALLEL = 16;

async function operation(kind: OperationKind, session: Session): Promise<void> {
  const { args } = session;
  const dryRun = kind === "preview" || args.has("preview-only");
  if (!dryRun && !args.has("yes") && !args.has("skip-preview")) {
    throw new EngineError("usage", "--yes must be passed in to proceed: the rehearsal engine does not ask");
  }
  const ref = session.stack();
  const client = args.value("client");
  const eventLog = args.value("event-log");
  const { operate } = await import("../operate/operate.ts");
  await operate(
    { project: session.project, ref, config: session.config(ref) },
    {
      kind,
      dryRun,
      parallel: args.number("parallel") || DEFAULT_PARALLEL,
      message: args.value("message") ?? "",
      execKind: args.value("exec-kind") ?? "cli",
      expectNoChanges: args.has("expect-no-changes"),
      refresh: args.has("refresh"),
      clearPendingCreates: args.has("clear-pending-creates"),
      replace: args.values("replace"),
      suppressOutputs: args.has("suppress-outputs"),
      ...(client !== undefined && { client }),
      ...(eventLog !== undefined && { eventLog }),
    },
  );
}

export const up: Command = {
  flags: { ...SHARED, refresh: "switch", replace: "values" },
  run: (session) => operation("update", session),
};

export const preview: Command = {
  flags: { ...SHARED, refresh: "switch", replace: "values" },
  run: (session) => operation("preview", session),
};

export const refresh: Command = {
  flags: { ...SHARED, "preview-only": "switch", "clear-pending-creates": "switch" },
  run: (session) => operation("refresh", session),
};

export const destroy: Command = {
  flags: { ...SHARED, "preview-only": "switch", refresh: "switch" },
  run: (session) => operation("destroy", session),
};
