import type { Release } from "../release/release.ts";

/** A container as a host's engine describes it. */
export interface ContainerFacts {
  id: string;
  service: string;
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
}

/** What one host records and really runs, read from it. */
export interface HostFacts {
  host: string;
  /** Last attempt that touched the host; 0 = none. */
  attempt: number;
  /** `migrating`, `deploying`, `deployed`, or empty when nothing was ever deployed. */
  phase: string;
  /** The release of that attempt. */
  release: Release | undefined;
  /** SHA-256 of the files in place, by name. */
  files: Readonly<Record<string, string>>;
  containers: readonly ContainerFacts[];
}

/** A host that could not be read. */
export interface UnreadHost {
  host: string;
  unreachable: string;
}

export type HostReading = HostFacts | UnreadHost;

export const wasRead = (reading: HostReading): reading is HostFacts => !("unreachable" in reading);
