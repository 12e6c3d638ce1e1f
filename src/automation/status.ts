import { environments } from "../../stacks/program.ts";
import { watchEndpoints } from "../health/endpoints.ts";
import type { Holder } from "../ledger/holder.ts";
import { type HostReading, wasRead } from "../plan/facts.ts";
import { planResume } from "../plan/resume.ts";
import { countHealthy, judgeHosts } from "../plan/verdict.ts";
import { digestsOf } from "../release/release.ts";
import type { DriverContext } from "./context.ts";
import type { ReleaseName } from "./messages.ts";
import { gatherFacts } from "./prepare.ts";
import { nameOf } from "./run.ts";
import { StackFile } from "./stackFile.ts";
import { Stopwatch } from "./stopwatch.ts";

/** One host in a status. */
export interface HostStatus {
  name: string;
  address: string;
  attempt: number;
  /** Running digests, by service; absent when the host could not be read. */
  digests?: Record<string, string>;
  problem?: string;
}

/** What an environment is meant to run, and what it does run. */
export interface EnvironmentStatus {
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
  /** A promotion was interrupted. */
  interrupted: boolean;
  holder?: Holder;
}

function hostStatus(
  reading: HostReading,
  addresses: ReadonlyMap<string, string>,
  services: readonly string[],
): HostStatus {
  const at = { name: reading.host, address: addresses.get(reading.host) ?? "" };
  if (!wasRead(reading)) return { ...at, attempt: 0, problem: reading.unreachable };
  const digests = Object.fromEntries(
    reading.containers
      .filter((c) => services.includes(c.service))
      .map((c) => [c.service, c.digests[0] ?? "none"]),
  );
  return { ...at, attempt: reading.attempt, digests };
}

/** Looks at one environment: configuration, stack, hosts, endpoints, ledger. Changes nothing. */
export async function environmentStatus(context: DriverContext, name: string): Promise<EnvironmentStatus> {
  await context.engine();
  using target = await context.workspace.open(name);
  const ledger = await context.ledger();
  const [facts, holder, probed] = await Promise.all([
    gatherFacts(target, ledger, new Stopwatch(), false),
    ledger.current(target.name),
    watchEndpoints(target.outputs.endpoints, { timeout: 0, answer: 5_000, window: 0 }),
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
    hosts: facts.readings.map((reading) => hostStatus(reading, addresses, services)),
    problems: [...findings.map((f) => f.message), ...unanswered.map((a) => `${a.url} ${a.problem}`)],
    interrupted: !holder && planResume(facts).action !== "nothing",
    ...(holder && { holder }),
  };
}

/** Environments that have a stack configuration in this project, in the order in which a release passes them. */
export const configuredEnvironments = (workDirectory: string): string[] =>
  environments.filter((name) => new StackFile(workDirectory, name).exists);
