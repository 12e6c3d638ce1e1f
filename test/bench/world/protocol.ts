import type { ReleaseFile } from "../../../rehearsal/world/release.ts";

/** A world as the measuring process needs it: it runs in another one, as clouds and hosts do. */
export interface WorldDescription {
  workDirectory: string;
  engineRoot: string;
  environment: Record<string, string>;
  /** Production's deploying key. */
  privateKey: string;
  registry: { server: string; username: string; token: string };
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

/** What a world can be asked, and what it answers. */
export interface Calls {
  /** Brings staging and production up, without any release. */
  up: { input: undefined; output: undefined };
  /** Builds and pushes a release of this version; every digest is new. */
  release: { input: string; output: ReleaseFile };
  hosts: { input: undefined; output: HostState[] };
}

export type CallName = keyof Calls;

/** One call; they are made one after another. */
export type Call = { [N in CallName]: { name: N; input: Calls[N]["input"] } }[CallName];

export type Answer = { output: Calls[CallName]["output"] } | { problem: string };
