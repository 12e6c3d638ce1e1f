import { mkdirSync } from "node:fs";
import type { StandIn } from "../surroundings.ts";
import { git } from "./git.ts";

/** Where a checkout comes from. */
export interface Remote {
  /** Path of the bare repository. */
  path: string;
  /** Told of a new checkout, before the next step: what belongs into it and is in no repository. */
  prepare?: (workspace: string) => void;
}

/** Without credentials a push goes nowhere, as on GitHub; a path that does not exist says why in git's own message. */
const nowhere = "/the-token-of-this-job-may-not-push";

/**
 * `actions/checkout`: the whole history however deep it was asked for. Knows `ref`, `fetch-depth` and `persist-credentials`.
 * A tag is checked out detached, a branch as itself.
 */
export const checkout =
  ({ path, prepare }: Remote): StandIn =>
  ({ inputs, job, log }) => {
    const { workspace, canPush, run } = job;
    const ref = inputs["ref"] === undefined || inputs["ref"] === "" ? run.headSha : inputs["ref"];
    mkdirSync(workspace, { recursive: true });
    git(workspace, ["init", "--quiet", "--initial-branch", "main"]);
    git(workspace, ["remote", "add", "origin", path]);
    const deep = inputs["fetch-depth"] === "0";
    git(workspace, ["fetch", "--quiet", ...(deep ? ["--tags"] : ["--no-tags"]), "origin", ref]);
    const commit = git(workspace, ["rev-parse", "FETCH_HEAD^{commit}"]);
    git(workspace, ["checkout", "--quiet", "--detach", commit]);
    if (!canPush || inputs["persist-credentials"] === "false")
      git(workspace, ["remote", "set-url", "--push", "origin", nowhere]);
    prepare?.(workspace);
    log(`Checked out ${commit}`);
    return { commit, ref };
  };
