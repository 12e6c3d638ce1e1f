import { parseEnvironment } from "../../stacks/environments.ts";
import { watchEndpoints } from "../health/endpoints.ts";
import type { Entry } from "../ledger/entry.ts";
import type { Holder } from "../ledger/holder.ts";
import { standing } from "../ledger/standing.ts";
import { daysLeft, judgeCertificates } from "../plan/certificate.ts";
import { type HostReading, servingContainers, wasRead } from "../plan/facts.ts";
import { planResume } from "../plan/resume.ts";
import { countHealthy, judgeHosts } from "../plan/verdict.ts";
import { digestsOf, type Release } from "../release/release.ts";
import { backupProblems } from "./backup.ts";
import type { DriverContext } from "./context.ts";
import { verifiedSince } from "./gateFacts.ts";
import type { PromotionResult, ReleaseName } from "./messages.ts";
import { gatherFacts } from "./prepare.ts";
import { nameOf } from "./run.ts";
import { Stopwatch } from "./stopwatch.ts";

/** One host in a status. */
export interface HostStatus {
  name: string;
  address: string;
  attempt: number;
  /** Running digests, by service; absent when the host could not be read. */
  digests?: Record<string, string>;
  /** What its edge shows; absent where it speaks no TLS. `until` is ISO 8601, `days` whole days until then. */
  certificate?: { names: readonly string[]; issuer: string; until: string; days: number };
  problem?: string;
}

/** A release that may not come into an environment. */
export interface VetoStatus {
  environment: string;
  release: ReleaseName;
  /** ISO 8601. */
  since: string;
  /** Why it failed, or what a person said. */
  why: string;
}

/** What the ledger says of an environment. */
export interface LedgerStatus {
  /** ISO 8601: since when the pinned release runs here, verified, without a break; absent when the ledger does not know. */
  verifiedSince?: string;
  /** The emergency stop in force here. `since` is ISO 8601. */
  stop?: { by: string; since: string; why: string };
  vetoes: VetoStatus[];
  /** The promotion that ended last. `time` is ISO 8601. */
  last?: {
    promotion: string;
    kind: PromotionResult["kind"];
    status: string;
    time: string;
    by: string;
    /** Gates that a person went on in spite of. */
    overridden: { gate: string; why: string }[];
  };
}

/** What an environment is meant to run, and what it does run. */
export interface EnvironmentStatus extends LedgerStatus {
  environment: string;
  release?: ReleaseName;
  candidate?: ReleaseName;
  attempt: number;
  address: string;
  /** Services that run the pinned digest and are healthy, of all there should be. */
  healthy: [number, number];
  /** Public endpoints that answer 2xx, of all. */
  endpoints: [number, number];
  hosts: HostStatus[];
  /** Everything that is not as the pin says. */
  problems: string[];
  /** What is wrong with its backups: it runs as it should, and could not be brought back. Absent: nothing. */
  warnings?: string[];
  /** A promotion was interrupted. */
  interrupted: boolean;
  holder?: Holder;
}

function hostStatus(
  reading: HostReading,
  addresses: ReadonlyMap<string, string>,
  services: readonly string[],
  now: Date,
): HostStatus {
  const at = { name: reading.host, address: addresses.get(reading.host) ?? "" };
  if (!wasRead(reading)) return { ...at, attempt: 0, problem: reading.unreachable };
  const digests = Object.fromEntries(
    servingContainers(reading)
      .filter((c) => services.includes(c.service))
      .map((c) => [c.service, c.digests[0] ?? "none"]),
  );
  const { certificate } = reading;
  return {
    ...at,
    attempt: reading.attempt,
    digests,
    ...(certificate && {
      certificate: {
        names: certificate.names,
        issuer: certificate.selfSigned ? "the host itself" : certificate.issuer,
        until: certificate.until,
        days: daysLeft(certificate, now),
      },
    }),
  };
}

const vetoesOf = (environment: string, entries: readonly Entry[]): VetoStatus[] =>
  standing(entries).vetoes.map(({ releaseId: id, version, time: since, reason, why }) => ({
    environment,
    release: { id, version },
    since,
    why: reason ? `${reason.code}: ${reason.message}` : (why ?? "vetoed by a person"),
  }));

function lastOf(entries: readonly Entry[]): LedgerStatus["last"] {
  const ended = entries.findLast((entry) => entry.entry === "ended");
  if (ended?.entry !== "ended") return undefined;
  const { promotion, kind, status, time, actor: by } = ended;
  const overridden = entries.flatMap((entry) =>
    entry.entry === "override" && entry.promotion === promotion ? [{ gate: entry.gate, why: entry.why }] : [],
  );
  return { promotion, kind, status, time, by, overridden };
}

function ledgerStatus(
  environment: string,
  entries: readonly Entry[],
  release: Release | undefined,
): LedgerStatus {
  const { stop } = standing(entries);
  const since = release && verifiedSince(entries, release);
  const last = lastOf(entries);
  return {
    ...(since && { verifiedSince: since.toISOString() }),
    ...(stop && { stop: { by: stop.actor, since: stop.time, why: stop.why } }),
    vetoes: vetoesOf(environment, entries),
    ...(last && { last }),
  };
}

/**
 * Releases that may not come into an environment, oldest first.
 * @param environment default all that are configured
 * @throws Failure `StackUnknown`, `LedgerCorrupted`, `LedgerUnavailable`
 */
export async function vetoesIn(
  context: DriverContext,
  environment: string | undefined,
): Promise<VetoStatus[]> {
  const all = environment === undefined ? context.workspace.environments() : [parseEnvironment(environment)];
  const ledger = await context.ledger();
  const found = await Promise.all(all.map(async (name) => vetoesOf(name, await ledger.read(name))));
  return found.flat();
}

/** Looks at one environment: configuration, stack, hosts, endpoints, ledger. Changes nothing. */
export async function environmentStatus(context: DriverContext, name: string): Promise<EnvironmentStatus> {
  await context.engine();
  using target = await context.workspace.open(name);
  const ledger = await context.ledger();
  const [facts, holder, entries, probed, backups] = await Promise.all([
    gatherFacts(target, ledger, new Stopwatch(), false),
    ledger.current(target.name),
    ledger.read(target.name),
    watchEndpoints(target.outputs.endpoints, { timeout: 0, answer: 5_000, window: 0 }),
    backupProblems(context, target),
  ]);
  const { release, candidate, attempt } = facts.file;
  const { jobs, hosts } = target.outputs;
  const findings = release ? judgeHosts(facts.readings, release, jobs) : [];
  const unanswered = release ? probed.answers.filter((a) => a.problem !== undefined) : [];
  const services = Object.keys(release ? digestsOf(release) : {});
  const addresses = new Map(hosts.map((host) => [host.name, host.address]));
  return {
    environment: target.name,
    ...(release && { release: nameOf(release) }),
    ...(candidate && { candidate: nameOf(candidate) }),
    attempt,
    address: target.outputs.address,
    healthy: release ? countHealthy(facts.readings, release, jobs) : [0, 0],
    endpoints: [probed.answers.length - unanswered.length, release ? probed.answers.length : 0],
    hosts: facts.readings.map((reading) => hostStatus(reading, addresses, services, context.now())),
    problems: [
      ...findings.map((f) => f.message),
      ...judgeCertificates(facts.readings, context.now()).map(({ host, message }) => `${host}: ${message}`),
      ...unanswered.map((a) => `${a.url} ${a.problem}`),
    ],
    ...(backups.length > 0 && { warnings: backups }),
    interrupted: !holder && planResume(facts).action !== "nothing",
    ...(holder && { holder }),
    ...ledgerStatus(target.name, entries, release),
  };
}
