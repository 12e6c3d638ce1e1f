import { hostname, userInfo } from "node:os";

/** The acting person: GitHub's actor in a workflow, else the user of this machine. */
export const actor = (environment: NodeJS.ProcessEnv): string =>
  environment["GITHUB_ACTOR"]
    ? `${environment["GITHUB_ACTOR"]}@github`
    : `${userInfo().username}@${hostname()}`;
