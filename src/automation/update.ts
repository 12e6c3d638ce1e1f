import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ConcurrentUpdateError } from "@pulumi/pulumi/automation/errors.js";
import type { EngineEvent, OpMap, Stack, StepEventMetadata } from "@pulumi/pulumi/automation/index.js";
import type { ResourceFailure } from "../plan/deployFailure.ts";
import { limits } from "../plan/limits.ts";
import type { PlannedResource } from "../plan/policy/facts.ts";
import { plannedResource } from "../plan/policy/planned.ts";
import { type PlannedChange, type Preview, resourceName } from "../plan/preview.ts";
import { Failure } from "../release/failure.ts";
import { engineFailure } from "./engine.ts";
import type { Notify } from "./messages.ts";

/**
 * The engine's errors, each once: it reports one for every resource that hangs on it.
 * @param lines lines kept of each. One, where the rest may be the text of a script
 */
const summary = (errors: readonly string[], lines: number): string => {
  const texts = errors.map((error) => {
    const kept = error.trim().split("\n").slice(0, lines);
    return kept
      .map((line) => line.trim())
      .join(" ")
      .replace(/^(Unhandled exception: |Failure: )+/, "")
      .slice(0, 400);
  });
  return [...new Set(texts)].slice(0, 3).join("; ");
};

/** Runs a preview and keeps what it says it would change. */
async function keepPreview(
  name: string,
  preview: (onEvent: (event: EngineEvent) => void) => Promise<{ changeSummary: OpMap }>,
  read: (event: EngineEvent) => StepEventMetadata | undefined,
): Promise<Preview> {
  const changes: PlannedChange[] = [];
  const resources: PlannedResource[] = [];
  const errors: string[] = [];
  const onEvent = (event: EngineEvent) => {
    const metadata = read(event);
    const planned = event.resourcePreEvent && plannedResource(event.resourcePreEvent.metadata);
    if (planned) resources.push(planned);
    if (metadata && metadata.op !== "same" && metadata.op !== "read" && metadata.op !== "refresh")
      changes.push({
        urn: metadata.urn,
        type: metadata.type,
        op: metadata.op,
        keys: metadata.diffs ?? metadata.keys ?? [],
      });
    if (event.diagnosticEvent?.severity === "error") errors.push(event.diagnosticEvent.message);
  };
  try {
    const { changeSummary } = await preview(onEvent);
    return {
      changes,
      counts: Object.fromEntries(Object.entries(changeSummary).map(([op, n]) => [op, n ?? 0])),
      resources,
    };
  } catch (thrown) {
    const failure = engineFailure(thrown, `preview of ${name}`);
    if (failure.code !== "EngineFailed") throw failure;
    const said = summary(errors, 4);
    if (errors.some((error) => /marked for protection|it is protected/.test(error)))
      throw new Failure({
        code: "UnsafeChange",
        message: `the preview would replace or delete what is protected: ${said}`,
        hint: `Look at it with: pulumi preview -s ${name} --diff`,
        cause: thrown,
      });
    throw new Failure({ code: "PreviewFailed", message: said || failure.message, cause: thrown });
  }
}

/**
 * Previews the stack as a draft of its configuration would have it. The draft lies in a file of its own: the stack's own file
 * stays as it is until everything that is asked before has been answered.
 * @param draft the whole text of the configuration file
 * @throws Failure `PreviewFailed`, `UnsafeChange`, `PassphraseMissing`
 */
export async function previewDraft(
  stack: Stack,
  name: string,
  draft: string,
  signal: AbortSignal,
): Promise<Preview> {
  const directory = mkdtempSync(join(tmpdir(), "liftlock-"));
  try {
    const configFile = join(directory, `Pulumi.${name}.yaml`);
    writeFileSync(configFile, draft, { mode: 0o600 });
    return await keepPreview(
      name,
      (onEvent) => stack.preview({ onEvent, configFile, signal }),
      (event) => event.resourcePreEvent?.metadata,
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Previews an update that makes resources anew. @throws Failure as `previewDraft` */
export const previewReplacing = (stack: Stack, name: string, replace: readonly string[]): Promise<Preview> =>
  keepPreview(
    name,
    (onEvent) => stack.preview({ onEvent, replace: [...replace] }),
    (event) => event.resourcePreEvent?.metadata,
  );

/** Previews a refresh: what in the cloud differs from the stack. What it found is known only afterwards. */
export async function previewRefresh(stack: Stack, name: string): Promise<Preview> {
  const { changes, counts } = await keepPreview(
    name,
    (onEvent) => stack.previewRefresh({ onEvent }),
    (event) => event.resOutputsEvent?.metadata,
  );
  return { changes, counts };
}

/** Follows an update's events: hosts as they go, and what failed. Debug diagnostics hold secrets and are dropped. */
class UpdateEvents {
  readonly failures: ResourceFailure[] = [];
  private readonly started = new Map<string, number>();
  private readonly messages = new Map<string, string>();
  private readonly notify: Notify;

  constructor(notify: Notify) {
    this.notify = notify;
  }

  readonly take = (event: EngineEvent): void => {
    if (event.resourcePreEvent)
      this.host(event.resourcePreEvent.metadata.urn, event.resourcePreEvent.metadata.op, "started");
    if (event.resOutputsEvent)
      this.host(event.resOutputsEvent.metadata.urn, event.resOutputsEvent.metadata.op, "finished");
    const diagnostic = event.diagnosticEvent;
    if (diagnostic?.severity === "error" && diagnostic.urn)
      this.messages.set(diagnostic.urn, diagnostic.message);
    const failed = event.resOpFailedEvent?.metadata.urn;
    if (failed !== undefined) {
      this.failures.push({ resource: resourceName(failed), message: this.messages.get(failed) ?? "" });
      this.host(failed, "update", "failed");
    }
  };

  /** Errors that belong to no failed resource: the program's own, the engine's. */
  get otherErrors(): string[] {
    const known = new Set(this.failures.map((failure) => failure.resource));
    return [...this.messages].filter(([urn]) => !known.has(resourceName(urn))).map(([, message]) => message);
  }

  private host(urn: string, op: string, what: "started" | "finished" | "failed"): void {
    const host = /^deploy-(.+)$/.exec(resourceName(urn))?.[1];
    if (host === undefined || op === "same" || !urn.includes("command:remote:Command")) return;
    if (what === "started") {
      this.started.set(host, performance.now());
      return this.notify({ code: "host.started", payload: { host } });
    }
    const seconds = (performance.now() - (this.started.get(host) ?? performance.now())) / 1000;
    this.notify({ code: `host.${what}`, payload: { host, seconds } });
  }
}

/**
 * True when the stack's lock belongs to a process of this machine that has ended. Who holds the environment's lease may
 * take such a lock away: nobody else is at work there.
 */
function lockedByTheDead(text: string): boolean {
  const [, machine, pid] = /created by [^@\s]+@(\S+) \(pid (\d+)\)/.exec(text) ?? [];
  if (machine !== hostname() || pid === undefined) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}

/**
 * One stack update, ended after `limit` milliseconds. Waits while another engine holds the stack's lock, up to `limits.engineLock`.
 * @param replace urns of resources that are made anew
 * @returns what failed, resource by resource; empty when all went well
 * @throws Failure when the engine failed without naming a resource
 */
export async function applyUpdate(
  stack: Stack,
  name: string,
  message: string,
  limit: number,
  notify: Notify,
  replace: readonly string[] = [],
): Promise<ResourceFailure[]> {
  const deadline = performance.now() + limits.engineLock;
  for (;;) {
    const events = new UpdateEvents(notify);
    const signal = AbortSignal.timeout(limit);
    try {
      await stack.up({
        onEvent: events.take,
        message,
        signal,
        showSecrets: false,
        ...(replace.length > 0 && { replace: [...replace] }),
      });
      return [];
    } catch (thrown) {
      if (events.failures.length > 0) return events.failures;
      if (signal.aborted)
        throw new Failure({
          code: "DeadlineExceeded",
          message: `the update took longer than ${limit / 60_000} min`,
          cause: thrown,
        });
      if (thrown instanceof ConcurrentUpdateError && lockedByTheDead(String(thrown))) {
        await stack.cancel();
        continue;
      }
      if (!(thrown instanceof ConcurrentUpdateError) || performance.now() > deadline) {
        const failure = engineFailure(thrown, `update of ${name}`);
        const said = summary(events.otherErrors, 1);
        if (failure.code !== "EngineFailed" || said === "") throw failure;
        throw new Failure({ code: "EngineFailed", message: said, cause: thrown });
      }
      await sleep(1_000);
    }
  }
}
