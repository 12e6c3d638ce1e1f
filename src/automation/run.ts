import { randomBytes } from "node:crypto";
import type { Lease, Ledger } from "../ledger/ledger.ts";
import type { HostReading } from "../plan/facts.ts";
import type { GateVerdict } from "../plan/gates/gate.ts";
import type { Reason } from "../plan/promotion.ts";
import { type Stage, whole } from "../plan/strategy.ts";
import { asFailure } from "../release/failure.ts";
import { type Release, releaseId } from "../release/release.ts";
import type { DriverContext } from "./context.ts";
import type { FailureReport, PromotionResult, ReleaseName } from "./messages.ts";
import type { Pin, PreviewUnderWay, Target } from "./ports.ts";
import { RunJournal } from "./runJournal.ts";
import { Stopwatch } from "./stopwatch.ts";

/** What is carried out, on what, by whom: everything a step may need. */
export interface Run {
  context: DriverContext;
  id: string;
  kind: PromotionResult["kind"];
  target: Target;
  /** Where the release comes from, when it is promoted. */
  source?: { name: string; release: Release } | undefined;
  /** What shall come. */
  release: Release;
  /** What the configuration said before. */
  before: Pin;
  /** The attempt under way; rises with every way back. */
  attempt: number;
  /** The highest attempt that was announced before it began. */
  announced: number;
  journal: RunJournal;
  watch: Stopwatch;
  readings: readonly HostReading[];
  reports: FailureReport[];
  /** What the update would change, on its way or known; and the configuration file that was previewed. */
  preview?: PreviewUnderWay;
  /** The hosts fetch images ahead of the update; never fails. */
  fetching?: Promise<void>;
  /** The stages in which the release is rolled out. */
  stages: readonly Stage[];
  /** Why a person asked for it. */
  why?: string | undefined;
  /** What the gates said before it began. */
  gates: readonly GateVerdict[];
  /** Resource names whose replacement a person allowed. */
  allowed: readonly string[];
  /** Why the last step that failed did. */
  failure?: Reason;
  /** When the first failure was seen; seconds of the stopwatch. */
  failedAt?: number;
}

export const nameOf = (release: Release): ReleaseName => ({
  id: releaseId(release),
  version: release.version,
});

/** An environment's lease, and the journal under it. */
export interface Held extends AsyncDisposable {
  id: string;
  ledger: Ledger;
  lease: Lease;
  journal: RunJournal;
}

/** Takes the environment's lease; nobody else may change the environment until it is given back. */
export async function takeLease(
  context: DriverContext,
  environment: string,
  kind: PromotionResult["kind"],
): Promise<Held> {
  const ledger = await context.ledger();
  const id = `${context.now().toISOString().slice(0, 16).replaceAll(/[-:]/g, "")}-${randomBytes(3).toString("hex")}`;
  const lease = await ledger.acquire(environment, { promotion: id, actor: context.actor });
  const journal = new RunJournal(context, ledger, lease, kind);
  const giveBack = async () => {
    try {
      await lease[Symbol.asyncDispose]();
    } catch (thrown) {
      const message = `the lease of ${environment} could not be given back and has to expire: ${asFailure(thrown).message}`;
      context.notify({ code: "warning", payload: { message } });
    }
  };
  return { id, ledger, lease, journal, [Symbol.asyncDispose]: giveBack };
}

/** What a run starts from; everything else it gathers on its way. */
export type Beginning = Omit<
  Run,
  "id" | "reports" | "gates" | "allowed" | "stages" | "failure" | "failedAt"
> & {
  /** Default: all at once. */
  stages?: readonly Stage[];
  gates?: readonly GateVerdict[];
  allowed?: readonly string[];
  /** What the environment ran or was on the way to, if that is not what `before` pins. */
  current?: Release | undefined;
};

/** Starts a run, and says so. */
export function beginRun({ current, ...given }: Beginning): Run {
  const run: Run = {
    gates: [],
    allowed: [],
    stages: [whole],
    ...given,
    id: given.journal.promotion,
    reports: [],
  };
  const { release, target, source } = run;
  const previous = current ?? run.before.release;
  run.context.notify({
    code: "promotion.started",
    payload: {
      promotion: run.id,
      kind: run.kind,
      environment: target.name,
      ...(source && { source: source.name }),
      release: { ...nameOf(release), commit: release.commit, images: Object.keys(release.images).length },
      ...(previous && { previous: nameOf(previous) }),
      hosts: target.outputs.hosts.length,
    },
  });
  return run;
}
