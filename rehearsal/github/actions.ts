/** What belongs to workflows and to what they make: runs, pull requests, releases, reports. */
import type { Router } from "../http/router.ts";
import { addActionsRuns } from "./actions-runs.ts";
import { addCodeScanning } from "./code-scanning.ts";
import { addPullRequests } from "./git.ts";
import type { Hub } from "./hub.ts";
import { addReleases } from "./releases.ts";

/** Adds all of it. */
export function addActions(router: Router, hub: Hub): void {
  addActionsRuns(router, hub);
  addPullRequests(router, hub);
  addReleases(router, hub);
  addCodeScanning(router, hub);
}
