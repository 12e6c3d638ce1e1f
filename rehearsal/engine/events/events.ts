// Engine events (sdk/go/common/apitype/events.go): what the Automation API hears, and what a terminal shows.
import { stripVTControlCharacters } from "node:util";
import type { Resource } from "../state/resource.ts";
import { isSecret, mapProps, type Props, UNKNOWN } from "../values/values.ts";
import type { Severity, StepReport } from "./report.ts";
import type { Terminal } from "./terminal.ts";

/** Where events go, one JSON text each; `close` resolves when the last one has arrived. */
export interface EventSink {
  write(text: string): void;
  close(): Promise<void>;
}

/** Properties fit for showing: secrets masked, unknown outputs blank. */
export function blind(props: Props): Props {
  return mapProps(props, (leaf) => (isSecret(leaf) ? "[secret]" : leaf === UNKNOWN ? "" : leaf));
}

function stateOf(resource: Resource | undefined): Props | null {
  if (!resource) return null;
  const { type, urn, custom, id = "", parent = "", provider = "", protect, retainOnDelete } = resource;
  return {
    type,
    urn,
    custom,
    id,
    parent,
    provider,
    inputs: blind(resource.inputs),
    outputs: blind(resource.outputs),
    ...(protect && { protect }),
    ...(retainOnDelete && { retainOnDelete }),
  };
}

function metadataOf(report: StepReport): Props {
  const { op, old, next, diff, replaceKeys } = report;
  const resource = next ?? old;
  const changed = Object.keys(diff);
  const detailed = Object.fromEntries(
    Object.entries(diff).map(([key, change]) => [
      key,
      { diffKind: replaceKeys.includes(key) ? `${change}-replace` : change, inputDiff: true },
    ]),
  );
  return {
    op,
    urn: resource?.urn ?? "",
    type: resource?.type ?? "",
    old: stateOf(old),
    new: stateOf(next),
    provider: resource?.provider ?? "",
    ...(replaceKeys.length > 0 && { keys: replaceKeys }),
    ...(changed.length > 0 && { diffs: changed }),
    detailedDiff: changed.length > 0 ? detailed : null,
    logical: op !== "create-replacement" && op !== "delete-replaced",
  };
}

/** Tells what happens, in order, to the sink and to the terminal. */
export class Events {
  readonly #sink: EventSink | undefined;
  readonly #terminal: Terminal;
  readonly #dryRun: boolean;
  #sequence = 0;

  constructor(parts: { sink: EventSink | undefined; terminal: Terminal; dryRun: boolean }) {
    this.#sink = parts.sink;
    this.#terminal = parts.terminal;
    this.#dryRun = parts.dryRun;
  }

  emit(event: Props): void {
    if (!this.#sink) return;
    this.#sink.write(
      JSON.stringify({ sequence: this.#sequence++, timestamp: Math.floor(Date.now() / 1000), ...event }),
    );
  }

  begun(report: StepReport): void {
    if (this.#sink) this.emit({ resourcePreEvent: { metadata: metadataOf(report), planning: this.#dryRun } });
    this.#terminal.begun(report);
  }

  done(report: StepReport): void {
    if (this.#sink) this.emit({ resOutputsEvent: { metadata: metadataOf(report), planning: this.#dryRun } });
    this.#terminal.done(report);
  }

  /** Tells later outputs of a step to the sink: previews announce components again once their outputs are known. */
  redone(report: StepReport): void {
    if (this.#sink) this.emit({ resOutputsEvent: { metadata: metadataOf(report), planning: this.#dryRun } });
  }

  failed(report: StepReport, message: string): void {
    this.diagnostic("error", message, (report.next ?? report.old)?.urn);
    if (this.#sink) this.emit({ resOpFailedEvent: { metadata: metadataOf(report), status: 0, steps: 0 } });
    this.#terminal.failed(report);
  }

  /** Something said by a program, a provider or the engine. Debug messages go to the sink only. */
  diagnostic(severity: Severity, text: string, urn = ""): void {
    const message = stripVTControlCharacters(text);
    const prefix = severity.startsWith("info") ? "" : `${severity}: `;
    this.emit({ diagnosticEvent: { urn, prefix, message: `${message}\n`, color: "never", severity } });
    if (severity !== "debug") this.#terminal.diagnostic(severity, message, urn);
  }

  async close(): Promise<void> {
    this.emit({ cancelEvent: {} });
    await this.#sink?.close();
  }
}
