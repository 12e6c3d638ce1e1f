import { shortDigest } from "../release/digest.ts";
import { digestsOf, type Release } from "../release/release.ts";
import {
  type ContainerFacts,
  containersIn,
  type HostFacts,
  type HostReading,
  servingContainers,
  wasRead,
} from "./facts.ts";
import type { Finding } from "./finding.ts";
import { healthyTasks, isCluster, judgeCluster, tasksAsked } from "./swarmVerdict.ts";

/** One container against the digest it should run. Healthy means running and, where there is a check, checked. */
function judgeContainer(
  host: string,
  service: string,
  digest: string,
  found: ContainerFacts | undefined,
): Finding[] {
  const at = { host, service, ...(found && { container: found }) };
  if (!found) return [{ ...at, code: "StartFailed", message: `${host}: ${service} has no container` }];
  if (!found.digests.includes(digest))
    return [
      {
        ...at,
        code: "DigestMismatch",
        message: `${host}: ${service} expected ${shortDigest(digest)}, runs ${found.digests.map(shortDigest).join(", ") || "an image without a digest"}`,
      },
    ];
  if (found.status !== "running" || (found.restarts > 0 && found.health !== "healthy")) {
    const word =
      found.status === "restarting" || found.restarts > 0
        ? "keeps restarting, last exit code"
        : "exited with";
    return [{ ...at, code: "StartFailed", message: `${host}: ${service} ${word} ${found.exitCode}` }];
  }
  if (found.health !== undefined && found.health !== "healthy")
    return [
      {
        ...at,
        code: "Unhealthy",
        message: `${host}: ${service} is ${found.health}${found.probe ? `, last answer: ${found.probe}` : ""}`,
      },
    ];
  return [];
}

/** Jobs do not stay: they are pinned by a release but have no container afterwards. */
const isJob = (service: string, jobs: readonly string[]) => jobs.includes(service);

/** Digests of the services that stay, by name. */
const staying = (release: Release, jobs: readonly string[]): Record<string, string> =>
  Object.fromEntries(Object.entries(digestsOf(release)).filter(([service]) => !isJob(service, jobs)));

/**
 * What a host runs against what a release says.
 * @param containers default: those that serve
 */
export function judgeHost(
  facts: HostFacts,
  release: Release,
  jobs: readonly string[],
  containers = servingContainers(facts),
): Finding[] {
  return Object.entries(staying(release, jobs)).flatMap(([service, digest]) =>
    judgeContainer(
      facts.host,
      service,
      digest,
      containers.find((c) => c.service === service),
    ),
  );
}

/**
 * What the hosts run against what they should: digests, health and the attempt. Fails closed: a host that could not be read is
 * a finding, no host at all is one too.
 * @param attempt the attempt every host must have finished; absent: not asked
 * @param phase how far it must have come
 */
export function judgeHosts(
  readings: readonly HostReading[],
  release: Release,
  jobs: readonly string[],
  attempt?: number,
  phase: "deployed" | "shifting" = "deployed",
): Finding[] {
  if (readings.length === 0)
    return [{ host: "-", code: "HostUnreachable", message: "there is no host to read" }];
  const hosts = readings.filter(wasRead);
  const together = isCluster(hosts);
  const placed = together ? judgeCluster(hosts, staying(release, jobs)) : [];
  const apart = readings.flatMap((reading): Finding[] => {
    if (!wasRead(reading))
      return [{ host: reading.host, code: "HostUnreachable", message: reading.unreachable }];
    if (together) return attempt === undefined ? [] : judgeAttempt(reading, attempt, phase);
    if (attempt === undefined) return judgeHost(reading, release, jobs);
    return [
      ...judgeHost(reading, release, jobs, containersIn(reading, reading.slots?.last)),
      ...judgeAttempt(reading, attempt, phase),
    ];
  });
  return [...placed, ...apart];
}

/** How far a host has come with an attempt. */
function judgeAttempt(facts: HostFacts, attempt: number, phase: "deployed" | "shifting"): Finding[] {
  const { host } = facts;
  if (facts.attempt === attempt && facts.phase === phase) return [];
  const message = `${host}: expected attempt ${attempt} to be ${phase}, found attempt ${facts.attempt} ${facts.phase}`;
  return [{ host, code: facts.attempt > attempt ? "Superseded" : "StartFailed", message }];
}

/** Services that run healthy, and how many there should be, over all hosts. */
export function countHealthy(
  readings: readonly HostReading[],
  release: Release,
  jobs: readonly string[],
): [number, number] {
  const hosts = readings.filter(wasRead);
  if (isCluster(hosts)) {
    const asked = tasksAsked(hosts) ?? {};
    const counts = Object.entries(staying(release, jobs)).map(([service, digest]) => {
      const all = asked[service] ?? 1;
      return [Math.min(all, healthyTasks(hosts, service, digest).length), all] as const;
    });
    return [counts.reduce((sum, [n]) => sum + n, 0), counts.reduce((sum, [, n]) => sum + n, 0)];
  }
  const each = Object.keys(release.images).filter((service) => !isJob(service, jobs)).length;
  const bad = readings.flatMap((r) =>
    wasRead(r) ? judgeHost(r, release, jobs) : Array<undefined>(each).fill(undefined),
  );
  return [readings.length * each - bad.length, readings.length * each];
}
