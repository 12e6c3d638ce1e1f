import type { ShopFaults } from "../../../rehearsal/images/shop.ts";
import type { TrafficKind } from "../../../rehearsal/registry/traffic.ts";
import type { ReleaseFile } from "../../../rehearsal/world/release.ts";

/** How a world is made. */
export interface WorldWish {
  /** Production's hosts. */
  hosts: number;
  /** Seconds a service may take to become healthy, and to be watched after an update: `liftlock:health` of its stacks. */
  health: { timeout: number; window: number };
}

/** A world as the measuring process needs it: it runs in another one, as clouds and hosts do. */
export interface WorldDescription {
  workDirectory: string;
  engineRoot: string;
  environment: Record<string, string>;
  /** Production's deploying key. */
  privateKey: string;
  registry: { server: string; username: string; token: string };
  /** Where the public asks production's hosts; `timeout`: seconds until they have to be healthy. */
  public: { port: number; paths: string[]; timeout: number };
}

/** A production host, looked at from its inside. */
export interface HostState {
  name: string;
  address: string;
  /** SSH sessions that logged in since the host was created. */
  logins: number;
  /** Digests of the running containers, by service. */
  digests: Record<string, string>;
}

/** One request that the registry answered, as its log has it. */
export interface RegistryRequest {
  kind: TrafficKind;
  /** When it arrived, milliseconds since 1970. */
  at: number;
  /** Whether a host asked; else it was the driver or its engine. */
  byHost: boolean;
  /** Bytes of the blob that it read or brought; 0 for anything else. */
  bytes: number;
}

/** A container of a production host that ended by itself, and is to be started again. */
export interface ContainerExit {
  host: string;
  service: string;
  digest: string;
  exitCode: number;
  /** Milliseconds since 1970, by the container's engine. */
  at: number;
}

/** A release to be built: its version, and what is wrong with it. */
export interface BuildWish {
  version: string;
  faults?: ShopFaults;
}

/** What a world can be asked, and what it answers. */
export interface Calls {
  /** Brings staging and production up, without any release. */
  up: { input: undefined; output: undefined };
  /** Builds and pushes a release of this version; every digest is new. */
  release: { input: BuildWish; output: ReleaseFile };
  hosts: { input: undefined; output: HostState[] };
  /** Requests to the registry since the last time that this was asked, oldest first. */
  requests: { input: undefined; output: RegistryRequest[] };
  /** From now on the ends of production's containers are noted. Asked once. */
  watchExits: { input: undefined; output: undefined };
  /** What was noted since the last time that this was asked. */
  exits: { input: undefined; output: ContainerExit[] };
}

export type CallName = keyof Calls;

/** One call; they are made one after another. */
export type Call = { [N in CallName]: { name: N; input: Calls[N]["input"] } }[CallName];

export type Answer = { output: Calls[CallName]["output"] } | { problem: string };
