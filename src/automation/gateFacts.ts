import type { Entry } from "../ledger/entry.ts";
import type { Holder } from "../ledger/holder.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { standing } from "../ledger/standing.ts";
import type { HostReading } from "../plan/facts.ts";
import type { GateFacts, Running, Start, Stop, TestResult, WayBack } from "../plan/gates/facts.ts";
import type { GatePolicy } from "../plan/gates/policy.ts";
import { freeAt } from "../plan/gates/rate.ts";
import { clock } from "../plan/gates/words.ts";
import type { Reason } from "../plan/promotion.ts";
import { judgeHosts } from "../plan/verdict.ts";
import type { Veto } from "../plan/veto.ts";
import { type Release, releaseId, sameRelease } from "../release/release.ts";

/** What one environment's ledger says. */
export interface EnvironmentRecord {
  environment: string;
  /** Oldest first. */
  entries: readonly Entry[];
  holder: Holder | undefined;
}

/** What every environment's ledger says. */
export async function readRecords(
  ledger: Ledger,
  environments: readonly string[],
): Promise<EnvironmentRecord[]> {
  return Promise.all(
    environments.map(async (environment) => {
      const [entries, holder] = await Promise.all([ledger.read(environment), ledger.current(environment)]);
      return { environment, entries, holder };
    }),
  );
}

/** Promotions and ways back count from the moment the environment was about to change. */
function startsIn({ environment, entries }: EnvironmentRecord): Start[] {
  return entries.flatMap((entry): Start[] => {
    if (entry.entry !== "intent") return [];
    if (entry.step === "revert") return [{ kind: "rollback", environment, at: new Date(entry.time) }];
    if (entry.step !== "candidate") return [];
    return [{ kind: entry.kind, environment, at: new Date(entry.time) }];
  });
}

const running = ({ environment, holder }: EnvironmentRecord): Running[] =>
  holder ? [{ promotion: holder.promotion, environment, since: new Date(holder.since) }] : [];

function vetoesIn({ environment, entries }: EnvironmentRecord): Veto[] {
  return standing(entries).vetoes.map(
    ({ releaseId: release, version, time, promotion = "", reason, why }) => ({
      environment,
      release,
      version,
      since: new Date(time),
      promotion,
      reason: reason ?? { code: "Vetoed", message: why ?? "vetoed by a person" },
    }),
  );
}

function stopIn({ entries }: EnvironmentRecord): Stop | undefined {
  const { stop } = standing(entries);
  return stop && { by: stop.actor, at: new Date(stop.time), reason: stop.why };
}

/** Since when an environment runs a release, verified, without a break; undefined when the ledger does not know. */
export function verifiedSince(entries: readonly Entry[], release: Release): Date | undefined {
  let since: Date | undefined;
  for (const entry of entries) {
    if (entry.entry !== "ended") continue;
    const runs = entry.runs ?? (entry.status === "Completed" ? entry.release : undefined);
    if (sameRelease(runs, release)) since ??= new Date(entry.time);
    // A promotion that touched nothing says nothing about what runs.
    else if (runs || entry.status === "RolledBack") since = undefined;
  }
  return since;
}

function testsIn(entries: readonly Entry[], release: Release): TestResult {
  const id = releaseId(release);
  const last = entries.findLast((entry) => entry.entry === "tests" && entry.releaseId === id);
  if (last?.entry !== "tests") return { status: "missing" };
  const { result: status, time, url } = last;
  return { status, release: id, at: new Date(time), ...(url !== undefined && { url }) };
}

/** What there is to go back to: the pinned release, which every host runs now, so that its images are there. */
function wayBackOf(
  pinned: Release | undefined,
  readings: readonly HostReading[],
  jobs: readonly string[],
): WayBack {
  if (!pinned) return { kind: "first" };
  const available = judgeHosts(readings, pinned, jobs).every(({ code }) => code !== "DigestMismatch");
  const count = readings.length;
  const where = count === 1 ? "on the host" : count === 2 ? "on both hosts" : `on all ${count} hosts`;
  return { kind: "target", version: pinned.version, available, where };
}

/** Why no other way back may begin now, by the limit over all environments. */
export function judgeWayBackRate(
  records: readonly EnvironmentRecord[],
  policy: GatePolicy,
  now: Date,
): Reason | undefined {
  const { limits, timezone } = policy;
  const limit = { count: limits.rollbacksPerHour, within: 3_600_000 };
  const free = freeAt(
    records.flatMap(startsIn).filter(({ kind }) => kind === "rollback"),
    now.getTime(),
    limit,
  );
  if (free <= now.getTime()) return undefined;
  return {
    code: "RateLimited",
    message: `${limit.count} ways back have begun within the hour, over all environments; the next may begin by itself at ${clock(new Date(free), now, timezone)}`,
  };
}

/** What the gates of a promotion are judged by. */
export interface GateInput {
  now: Date;
  kind: GateFacts["kind"];
  release: Release;
  /** The environment that it goes into. */
  target: EnvironmentRecord;
  /** The environment that it comes from; absent when it comes from a file. */
  source?: EnvironmentRecord | undefined;
  /** All environments, the target among them. */
  all: readonly EnvironmentRecord[];
  /** What is pinned in the target, and what its hosts show. */
  pinned: Release | undefined;
  readings: readonly HostReading[];
  jobs: readonly string[];
  /** What differs in the target from pin and stack. */
  drift: GateFacts["drift"];
}

/** The gates' facts, from what ledgers and hosts say. */
export function gateFacts(input: GateInput): GateFacts {
  const { now, kind, release, target, source, all, pinned, readings, jobs, drift } = input;
  const since = source && verifiedSince(source.entries, release);
  const stop = stopIn(target);
  return {
    now,
    kind,
    environment: target.environment,
    release,
    ...(source && {
      source: {
        environment: source.environment,
        verifiedSince: since ?? {
          unknown: `the ledger does not say since when ${source.environment} runs it`,
        },
      },
    }),
    tests: source ? testsIn(source.entries, release) : { status: "missing" },
    starts: all.flatMap(startsIn),
    running: all.filter(({ environment }) => environment !== target.environment).flatMap(running),
    ...(stop && { stop }),
    vetoes: vetoesIn(target),
    drift,
    wayBack: wayBackOf(pinned, readings, jobs),
  };
}
