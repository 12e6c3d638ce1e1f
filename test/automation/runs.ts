import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DriverContext } from "../../src/automation/context.ts";
import type { Message, PromotionResult } from "../../src/automation/messages.ts";
import type { Target } from "../../src/automation/ports.ts";
import { nameOf, type Run, takeLease } from "../../src/automation/run.ts";
import { Secrets } from "../../src/automation/secrets.ts";
import { Stopwatch } from "../../src/automation/stopwatch.ts";
import type { Entry, EntryDraft } from "../../src/ledger/entry.ts";
import { FileLedger } from "../../src/ledger/files/fileLedger.ts";
import type { NotifyConfig } from "../../src/notify/schema.ts";
import { whole } from "../../src/plan/strategy.ts";
import { Failure } from "../../src/release/failure.ts";
import { config } from "../notify/notifications.ts";
import { host, release } from "../releases.ts";

export const [older, newer] = [release("1.0.0"), release("1.1.0")];
export const now = new Date("2026-01-07T14:48:00Z");

/** What a run of a test is about; the rest is as usual. */
export interface Given {
  kind?: Run["kind"];
  /** Channels as the last update exported them; in the file they are the same unless `file` says otherwise. */
  exported?: NotifyConfig;
  file?: NotifyConfig;
  /** What the engine prints when it is asked for the configuration; without it, it cannot be asked. */
  engine?: object;
  /** Journal before the run. */
  entries?: readonly EntryDraft[];
  change?: Partial<Run>;
}

/** A run over a real journal in a directory of its own, into an environment of two hosts. */
export async function aRun(given: Given = {}) {
  const directory = mkdtempSync(join(tmpdir(), "liftlock-run-"));
  const ledger = new FileLedger({ directory: join(directory, "state", ".liftlock"), shared: true });
  const messages: Message[] = [];
  let asked = 0;
  const context: unknown = {
    workDirectory: directory,
    environment: { PULUMI_BACKEND_URL: `file://${join(directory, "state")}` },
    ledger: async () => ledger,
    notify: (message: Message) => void messages.push(message),
    now: () => now,
    actor: "octo-dev@github",
    interruption: { signal: undefined },
    secrets: new Secrets(),
    engine: async () => {
      asked += 1;
      if (!given.engine) throw new Failure({ code: "EngineUnavailable", message: "there is none" });
      const file = join(directory, "engine");
      writeFileSync(file, `#!/bin/sh\ncat <<'END'\n${JSON.stringify(given.engine)}\nEND\n`, { mode: 0o700 });
      return { command: { command: file } };
    },
  };
  for (const entry of given.entries ?? []) {
    await using lease = await ledger.acquire("production", { promotion: "before", actor: "octo-dev" });
    await ledger.append("production", "fence" in entry ? { ...entry, fence: lease.fence } : entry);
  }
  const kind = given.kind ?? "promote";
  const held = await takeLease(context as DriverContext, "production", kind);
  const exported = given.exported ?? config({});
  const target = {
    name: "production",
    config: {
      notify: given.file ?? exported,
      registry: { tag: "main", latest: true },
      repository: { owner: "example", name: "shop" },
    },
    outputs: {
      app: "shop",
      jobs: ["migrator"],
      hosts: ["web-1", "web-2"].map((name, i) => ({
        name,
        address: `203.0.113.${i + 1}`,
        port: 22,
        user: "liftlock",
        hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== web",
      })),
      access: { privateKey: "a private key", registry: null, notify: exported },
    },
    file: { pin: () => ({ release: older, candidate: undefined, rollout: { attempt: 2, mode: "revert" } }) },
    hosts: { observe: async () => [host("web-1", older, 2), { host: "web-2", unreachable: "no answer" }] },
    learnSecrets: async () => undefined,
  } as unknown as Target;
  const run: Run = {
    announced: 0,
    context: context as DriverContext,
    id: held.id,
    kind,
    target,
    source: { name: "staging", release: newer },
    release: newer,
    before: { release: older, candidate: undefined, rollout: { attempt: 1, mode: "forward" } },
    attempt: 2,
    journal: held.journal,
    watch: new Stopwatch(),
    readings: [host("web-1", older, 2), host("web-2", older, 2)],
    reports: [],
    gates: [],
    allowed: [],
    stages: [whole],
    ...given.change,
  };
  return {
    run,
    directory,
    ledger,
    /** What was warned of. */
    warnings: () => messages.flatMap(({ code, payload }) => (code === "warning" ? [payload.message] : [])),
    /** How often an engine was asked for. */
    asked: () => asked,
    [Symbol.asyncDispose]: async () => {
      await held[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** How a run ended. */
export const ending = (run: Run, change: Partial<PromotionResult> = {}): PromotionResult => ({
  promotion: run.id,
  kind: run.kind,
  environment: "production",
  status: "RolledBack",
  release: nameOf(run.release),
  previous: nameOf(older),
  attempt: 3,
  reason: { code: "StartFailed", message: "web-1: api exited with 1" },
  runs: nameOf(older),
  hosts: 2,
  seconds: 12,
  recoverySeconds: 4.2,
  steps: [],
  reports: [],
  ...change,
});

/** Without what says that the environment runs something verified. */
export function stuck(
  run: Run,
  code: "RollbackIncomplete" | "RollbackFailed" | "NoRollbackTarget" | "RateLimited",
) {
  const {
    runs: _,
    recoverySeconds: __,
    ...result
  } = ending(run, {
    status: "Failed",
    backReason: { code, message: "it did not work" },
  });
  return result;
}

/** An entry of a promotion's step at so many seconds; the fence is the lease's. */
export const step = <E extends Extract<Entry, { kind: unknown }>["entry"]>(
  entry: E,
  promotion: string,
  seconds: number,
  rest: object = {},
): EntryDraft =>
  ({
    entry,
    promotion,
    kind: "promote",
    actor: "octo-dev@github",
    fence: 1,
    time: new Date(now.getTime() + seconds * 1000).toISOString(),
    ...rest,
  }) as EntryDraft;
