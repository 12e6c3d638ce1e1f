import { shortDigest } from "../release/digest.ts";
import type { ContainerFacts, HostFacts } from "./facts.ts";
import type { Finding } from "./finding.ts";

/** A container, and where it is. */
interface Task {
  host: string;
  container: ContainerFacts;
}

/** Whether hosts answer as one cluster, or each for itself. */
export const isCluster = (hosts: readonly HostFacts[]): boolean => hosts.some(({ cluster }) => cluster);

/** What each service is to have, by the host that deploys; nothing where it was not read. */
export const tasksAsked = (hosts: readonly HostFacts[]): Readonly<Record<string, number>> | undefined =>
  hosts.find(({ cluster }) => cluster?.tasks)?.cluster?.tasks;

const tasksOf = (hosts: readonly HostFacts[], service: string): Task[] =>
  hosts.flatMap(({ host, containers }) =>
    containers
      .filter((container) => container.placed && container.service === service)
      .map((container) => ({ host, container })),
  );

/** Healthy means running and, where there is a check, checked. */
const isHealthy = ({ container: { status, health } }: Task): boolean =>
  status === "running" && (health === undefined || health === "healthy");

/** Tasks of this digest that run healthy. */
export const healthyTasks = (hosts: readonly HostFacts[], service: string, digest: string): Task[] =>
  tasksOf(hosts, service).filter((task) => task.container.digests.includes(digest) && isHealthy(task));

/** The hosts as members: whoever is not one, or is not seen by those who manage the cluster, gets no task when another is lost. */
function judgeMembers(hosts: readonly HostFacts[]): Finding[] {
  const managers = hosts.filter(({ cluster }) => cluster?.nodes);
  return hosts.flatMap(({ host, cluster }): Finding[] => {
    if (cluster?.state !== "active")
      return [
        {
          host,
          code: "StartFailed",
          message: `${host}: takes no part in the cluster (${cluster?.state ?? "it never did"})`,
        },
      ];
    const seen = managers.map((manager) => manager.cluster?.nodes?.[host] ?? "unknown");
    const bad = seen.find((state) => state !== "Ready Active");
    return bad === undefined
      ? []
      : [{ host, code: "StartFailed", message: `${host}: is ${bad} to the cluster's manager` }];
  });
}

/** The tasks of one service against the digest that they should run, and how many there should be. */
function judgeService(
  hosts: readonly HostFacts[],
  service: string,
  digest: string,
  asked: number | undefined,
): Finding[] {
  const tasks = tasksOf(hosts, service);
  const running = tasks.filter(({ container }) => container.status === "running");
  const pinned = (task: Task) => task.container.digests.includes(digest);
  const others = running
    .filter((task) => !pinned(task))
    .map(({ host, container }): Finding => {
      const runs = container.digests.map(shortDigest).join(", ") || "an image without a digest";
      const message = `${host}: ${service} expected ${shortDigest(digest)}, runs ${runs}`;
      return { host, service, container, code: "DigestMismatch", message };
    });
  const ours = running.filter(pinned);
  const sick = ours
    .filter((task) => !isHealthy(task))
    .map(({ host, container }): Finding => {
      const probe = container.probe ? `, last answer: ${container.probe}` : "";
      const message = `${host}: ${service} is ${container.health}${probe}`;
      return { host, service, container, code: "Unhealthy", message };
    });
  const good = ours.length - sick.length;
  if (good + sick.length === asked) return [...others, ...sick];
  const [ended] = tasks
    .filter((task) => pinned(task) && task.container.status !== "running")
    .sort((a, b) => b.container.startedAt.localeCompare(a.container.startedAt));
  const count = `${service} has ${good} of ${asked ?? "no"} healthy tasks`;
  const why =
    ended && good < (asked ?? 0) ? `, the last one that ended did so with ${ended.container.exitCode}` : "";
  const short: Finding = {
    host: ended?.host ?? "cluster",
    service,
    ...(ended && { container: ended.container }),
    code: "StartFailed",
    message: `${ended?.host ?? "cluster"}: ${count}${why}`,
  };
  return [...others, ...sick, short];
}

/**
 * What a cluster runs against what a release says: every service has as many healthy tasks as were asked for, all of the pinned digest, on
 * whichever hosts. Fails closed: what was asked for and is not known is a finding.
 * @param digests by service, jobs left out
 */
export function judgeCluster(
  hosts: readonly HostFacts[],
  digests: Readonly<Record<string, string>>,
): Finding[] {
  const asked = tasksAsked(hosts);
  return [
    ...judgeMembers(hosts),
    ...Object.entries(digests).flatMap(([service, digest]) =>
      judgeService(hosts, service, digest, asked?.[service]),
    ),
  ];
}
