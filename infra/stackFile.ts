import { parse, stringify } from "yaml";
import { z } from "zod";
import { type Problem, problemsFailure } from "../src/release/problems.ts";
import { type ComposeFile, mountedVolumes } from "./composeFile.ts";
import { portParts } from "./publishedPorts.ts";

/** How a cluster runs the services of a compose file. */
export interface StackOptions {
  /** Hosts of the cluster. */
  hosts: number;
  endpoint: "vip" | "dnsrr";
  /** Services of which one may run at a time. */
  once: readonly string[];
}

/** A compose file as `docker stack deploy` takes it. */
export interface StackFiles {
  /** The application's services without what a cluster does not know. */
  compose: string;
  /** How the cluster keeps and changes them. What the compose file says under `deploy` comes first. */
  swarm: string;
  /** Tasks of each service. */
  tasks: Readonly<Record<string, number>>;
}

const scalar = z.union([z.string(), z.number()]);

const longPort = z.looseObject({
  target: scalar,
  published: scalar.optional(),
  protocol: z.string().optional(),
  mode: z.string().optional(),
  host_ip: z.unknown().optional(),
});

const shape = z.looseObject({
  ports: z.array(z.union([z.string(), z.number(), longPort])).default([]),
  restart: z.string().default("no"),
  deploy: z
    .looseObject({
      mode: z.string().optional(),
      replicas: z.unknown().optional(),
      placement: z
        .looseObject({
          constraints: z.array(z.string()).optional(),
          max_replicas_per_node: z.unknown().optional(),
        })
        .optional(),
    })
    .default({}),
});

type Service = z.output<typeof shape>;

interface Port {
  target: string | number;
  published?: string | number | undefined;
  protocol?: string | undefined;
  mode?: string | undefined;
}

/**
 * What changes how a container is shut in or connected, and what `docker stack deploy` passes over with a warning at most.
 * https://docs.docker.com/reference/compose-file/legacy-versions/ and `UnsupportedProperties` of docker/cli, cli/compose/types
 */
const unknownToClusters = [
  "cgroup_parent",
  "devices",
  "domainname",
  "external_links",
  "ipc",
  "links",
  "mac_address",
  "network_mode",
  "pid",
  "privileged",
  "security_opt",
  "shm_size",
  "userns_mode",
];

/** Needless in a cluster: images are pinned, jobs and order are the deployment's, restarts stand under `deploy`. */
const left = [
  "build",
  "container_name",
  "depends_on",
  "expose",
  "ports",
  "profiles",
  "pull_policy",
  "restart",
];

function portOf(port: Service["ports"][number]): Port & { address: boolean } {
  if (typeof port === "object")
    return {
      target: port.target,
      published: port.published,
      protocol: port.protocol,
      mode: port.mode,
      address: port.host_ip !== undefined,
    };
  const [text = "", protocol] = String(port).split("/");
  const parts = portParts(text);
  const [target = "", published] = [...parts].reverse();
  return {
    target: numeric(target),
    published: published && numeric(published),
    protocol,
    address: parts.length > 2,
  };
}

const numeric = (text: string): string | number => (/^\d+$/.test(text) ? Number(text) : text);

function servicesOf({ text, services }: ComposeFile): [string, Service][] {
  const document = parse(text, { merge: true }) as { services: Record<string, unknown> };
  return services.map((name) => [name, shape.parse(document.services[name])]);
}

/** Every host has to answer where the public asks: without a balancing address each needs a task of its own. */
const isGlobal = ({ deploy, ports }: Service, { endpoint }: StackOptions): boolean =>
  deploy.mode === "global" || (endpoint === "dnsrr" && ports.length > 0);

function problemsOfService(name: string, service: Service, o: StackOptions, volumes: string[]): Problem[] {
  const { deploy, ports } = service;
  const at = `services.${name}`;
  const constrained = (deploy.placement?.constraints ?? []).length > 0;
  const fixed = constrained || deploy.placement?.max_replicas_per_node !== undefined;
  const problems: (Problem | false)[] = [
    ...unknownToClusters
      .filter((key) => key in service)
      .map((key) => ({
        path: `${at}.${key}`,
        message: "a cluster does not know it, and would pass over it",
      })),
    ...ports
      .filter((port) => portOf(port).address)
      .map((port) => ({
        path: `${at}.ports`,
        message: `${typeof port === "object" ? port.target : port}: a cluster publishes a port on every address of a host, not on a given one`,
      })),
    volumes.length > 0 &&
      !constrained && {
        path: `${at}.volumes`,
        message: `${volumes.join(", ")}: a volume stays on its host when the cluster moves the service; give it profiles: [data], or deploy.placement.constraints`,
      },
    deploy.mode !== undefined &&
      !["replicated", "global"].includes(deploy.mode) && {
        path: `${at}.deploy.mode`,
        message: `expected replicated or global, found ${deploy.mode}`,
      },
    deploy.replicas !== undefined &&
      !z.int().min(1).safeParse(deploy.replicas).success && {
        path: `${at}.deploy.replicas`,
        message: "expected a whole number from 1, without variables: it is what the hosts are held against",
      },
    isGlobal(service, o) &&
      fixed && {
        path: `${at}.deploy.placement`,
        message: "has a task on every host here, so its placement must not leave any out",
      },
    isGlobal(service, o) &&
      o.once.includes(name) && {
        path: `${at}`,
        message: "has a task on every host here, but liftlock:runtime.once wants one",
      },
    o.once.includes(name) &&
      ![undefined, 1].includes(deploy.replicas as number | undefined) && {
        path: `${at}.deploy.replicas`,
        message: `${String(deploy.replicas)}, but liftlock:runtime.once wants one`,
      },
  ];
  return problems.filter((problem) => problem !== false);
}

/**
 * Refuses what a cluster would run otherwise than the compose file says.
 * @throws Failure `ConfigInvalid` with every problem at once
 */
export function verifyStack(compose: ComposeFile, options: StackOptions, place: string): void {
  const problems = [
    ...options.once
      .filter((name) => !compose.services.includes(name))
      .map((name) => ({
        path: "liftlock:runtime.once",
        message: `${name} is no service of the compose file that a release replaces`,
      })),
    ...servicesOf(compose).flatMap(([name, service]) =>
      problemsOfService(name, service, options, mountedVolumes(compose, [name])),
    ),
  ];
  if (problems.length > 0) throw problemsFailure("ConfigInvalid", `The cluster of ${place}`, problems);
}

/** Tasks of one service. */
const tasksOf = (service: Service, o: StackOptions): number =>
  isGlobal(service, o) ? o.hosts : ((service.deploy.replicas as number | undefined) ?? 1);

const conditions: Readonly<Record<string, string>> = { no: "none", always: "any", "unless-stopped": "any" };

/** What the compose file calls `restart`. */
const restartCondition = (restart: string): string =>
  conditions[restart] ?? (restart.startsWith("on-failure") ? "on-failure" : "any");

/**
 * A task that fails is seen by `stack.sh` within two seconds, so nothing has to wait longer for one. The cluster takes such a service back
 * by itself: what serves is mended before the driver has even heard of it.
 */
function deployOf(name: string, service: Service, o: StackOptions): Record<string, unknown> {
  const { mode: _, replicas: __, update_config, rollback_config, restart_policy, ...own } = service.deploy;
  const ports = portsOf(service, o);
  const alone = o.once.includes(name) || ports.some(({ mode }) => mode === "host");
  const tasks = tasksOf(service, o);
  return {
    ...(isGlobal(service, o) ? { mode: "global" } : { mode: "replicated", replicas: tasks }),
    endpoint_mode: o.endpoint,
    update_config: {
      parallelism: Math.max(1, Math.floor(tasks / 4)),
      delay: "0s",
      monitor: "2s",
      failure_action: "rollback",
      max_failure_ratio: 0,
      // Two tasks cannot have one port of a host.
      order: alone ? "stop-first" : "start-first",
      ...(update_config as object | undefined),
      ...(alone && { order: "stop-first" }),
    },
    rollback_config: {
      parallelism: 0,
      monitor: "2s",
      failure_action: "pause",
      order: alone ? "stop-first" : "start-first",
      ...(rollback_config as object | undefined),
      ...(alone && { order: "stop-first" }),
    },
    restart_policy: {
      condition: restartCondition(service.restart),
      delay: "500ms",
      ...(restart_policy as object | undefined),
    },
    ...own,
  };
}

/** A port without a balancing address is the host's. */
const portsOf = (service: Service, { endpoint }: StackOptions): Port[] =>
  service.ports.map((port) => {
    const { address: _, ...given } = portOf(port);
    return endpoint === "dnsrr" ? { ...given, mode: "host" } : given;
  });

const yaml = (value: unknown): string => stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });

/** The application's compose file for a cluster; jobs and stateful services stay with compose, on the first host. */
export function stackFiles(compose: ComposeFile, o: StackOptions): StackFiles {
  const {
    name: _,
    services: __,
    ...document
  } = parse(compose.text, { merge: true }) as Record<string, unknown>;
  const services = servicesOf(compose);
  const shared = Object.entries(document).filter(([key]) => !key.startsWith("x-"));
  const kept = services.map(([name, service]) => {
    const ports = portsOf(service, o);
    const { deploy: _, ...rest } = Object.fromEntries(
      Object.entries(service).filter(([key]) => !left.includes(key)),
    ) as Record<string, unknown>;
    return [name, { ...rest, ...(ports.length > 0 && { ports }) }] as const;
  });
  return {
    compose: yaml({ ...Object.fromEntries(shared), services: Object.fromEntries(kept) }),
    swarm: yaml({
      services: Object.fromEntries(
        services.map(([name, service]) => [name, { deploy: deployOf(name, service, o) }]),
      ),
    }),
    tasks: Object.fromEntries(services.map(([name, service]) => [name, tasksOf(service, o)])),
  };
}

/** Variables for a shell to read: nothing is interpreted within single quotes. */
export const shellVariables = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}='${value.replaceAll("'", `'\\''`)}'\n`)
    .join("");

/** Names that mean something to a shell, the loader or the engine's client: an application's variable must not be called so. */
export const steersShell = (name: string): boolean =>
  /^(?:PATH|HOME|IFS|ENV|BASH_ENV|PS[124]|PWD|TMPDIR|LD_.*|DOCKER_.*|COMPOSE_.*)$/.test(name);
