import type { Release } from "../release/release.ts";

/** The two places behind a host's edge in which a release can run. */
export type Slot = "blue" | "green";

/** One slot of one route, as the edge sees it. */
export interface EdgeTarget {
  route: string;
  slot: Slot;
  /** The edge's word: `UP`, `DOWN`, `DRAIN`, `MAINT`, and its steps in between. */
  status: string;
  /** Share of the requests against the other slot's. */
  weight: number;
}

/** A container as a host's engine describes it. */
export interface ContainerFacts {
  id: string;
  service: string;
  /** The slot in which it runs; absent for what is in none: a release in place, and what is stateful. */
  slot?: Slot | undefined;
  /** True for a task of the cluster, which places it: a host has any number of a service's, none too. */
  placed?: boolean | undefined;
  /** The engine's word: `running`, `restarting`, `exited`, `created`, `dead`, `paused`. */
  status: string;
  /** `healthy`, `unhealthy`, `starting`; absent without a health check. */
  health: string | undefined;
  /** The last health check's output, at most 500 characters. */
  probe: string | undefined;
  exitCode: number;
  restarts: number;
  /** ISO 8601. */
  startedAt: string;
  /** Digests under which the engine knows the image that this container runs. */
  digests: readonly string[];
  /** The same with their repositories, `ghcr.io/example/shop/web@sha256:…`. */
  references?: readonly string[] | undefined;
}

/** What one host records and really runs, read from it. */
export interface HostFacts {
  host: string;
  /** Last attempt that touched the host; 0 = none. */
  attempt: number;
  /**
   * `migrating`, `deploying`, `ready` (proven beside the old release), `shifting` (has a share of the traffic), `deployed`, or empty when nothing
   * was ever deployed.
   */
  phase: string;
  /** The release of that attempt. */
  release: Release | undefined;
  /** SHA-256 of the files in place, by name. */
  files: Readonly<Record<string, string>>;
  containers: readonly ContainerFacts[];
  /** Behind an edge: the slot of the last attempt, and the one that serves. */
  slots?: { last: Slot | undefined; serving: Slot | undefined } | undefined;
  edge?: readonly EdgeTarget[] | undefined;
  /** What its edge shows; absent: it speaks no TLS. */
  certificate?: CertificateFacts | undefined;
  /** Sockets that are reachable from beside the host; `unknown` when it has no means to say. Absent: not asked. */
  listeners?: readonly Listener[] | "unknown" | undefined;
  /** systemd's word for the unit that keeps containers from the metadata service: `active`, `inactive`, `failed`; empty: not known. */
  guard?: string | undefined;
  /** Its part in the environment's cluster; absent: it was never in one. */
  cluster?: ClusterFacts | undefined;
}

/** A socket of a host that is not bound to its loopback. */
export interface Listener {
  protocol: "tcp" | "udp";
  /** As `ss` writes it, without the interface: `0.0.0.0`, `*`, `[::]`, `10.0.0.5`. */
  address: string;
  port: number;
}

/** The certificate that a host's edge shows. Times are ISO 8601. */
export interface CertificateFacts {
  /** Host names for which it is. */
  names: readonly string[];
  /** Common name of who issued it. */
  issuer: string;
  /** The host made it itself, to start with. */
  selfSigned: boolean;
  from: string;
  until: string;
  /** Names for which the host asks an authority; absent where it asks none. */
  wanted?: readonly string[] | undefined;
  /** Why it has not got what it asks for, how often in a row, and before when it does not ask again. */
  failure?: { count: number; next: string; why: string } | undefined;
}

/** A host's part in a cluster of container engines. */
export interface ClusterFacts {
  /** The engine's word: `active`, `inactive`, `pending`, `error`, `locked`. */
  state: string;
  /** Tasks that each service is to have; known to the host that deploys. */
  tasks?: Readonly<Record<string, number>> | undefined;
  /** Hosts as a manager sees them, `Ready Active` by name; known to managers. */
  nodes?: Readonly<Record<string, string>> | undefined;
}

/** A host that could not be read. */
export interface UnreadHost {
  host: string;
  unreachable: string;
}

export type HostReading = HostFacts | UnreadHost;

/** Containers of one release on a host: those in its slot, and those that are in none. */
export const containersIn = (facts: HostFacts, slot: Slot | undefined): ContainerFacts[] =>
  facts.containers.filter((container) => container.slot === undefined || container.slot === slot);

/** What a host serves: its containers without those of a release that waits beside. */
export const servingContainers = (facts: HostFacts): ContainerFacts[] =>
  containersIn(facts, facts.slots?.serving);

export const wasRead = (reading: HostReading): reading is HostFacts => !("unreachable" in reading);
