import type { Hub } from "../github/hub.ts";

/** Where a runner works, and for whom. */
export interface RunnerOptions {
  /** The repository's hub, with its secrets, variables and environments. */
  hub: Hub;
  /** Address of the imitated GitHub, and its token. */
  github: { url: string; token: string };
  /** Path of the bare repository. */
  remote: string;
  /** Everything the runner writes lies below it. */
  directory: string;
  /** Of the machine: PATH, and what the world is reached by. No secrets: those are the repository's. */
  machine: Readonly<Record<string, string>>;
  /** The commit at which each action is pinned, by its name. */
  pins: Readonly<Record<string, string>>;
  /** Told of each new checkout. */
  prepare?: (workspace: string) => void;
  /** Who starts runs; default `octo-dev`. */
  actor?: string;
  /** Milliseconds that a minute of a timeout lasts; default 60000. */
  minute?: number;
}

/** `owner/name` */
export const repositoryOf = ({ hub }: RunnerOptions): string =>
  `${hub.options.owner}/${hub.options.repository}`;
