/** Pull requests, as far as a workflow opens one: titles and branches, without their commits. Branches themselves are in a bare repository. */
import { z } from "zod";
import type { Router } from "../http/router.ts";
import { bodyOf, found, ok, page, refuse, repositoryPaths, verifyRepository } from "./api.ts";
import type { Hub } from "./hub.ts";

export interface PullRequest {
  number: number;
  title: string;
  body: string;
  head: string;
  base: string;
  state: "open" | "closed";
  /** Commit that merged it, where it was. */
  mergedAs?: string;
}

const known = new WeakMap<Hub, Map<number, PullRequest>>();

/** The pull requests of a repository, by number. */
export function pullRequestsOf(hub: Hub): Map<number, PullRequest> {
  const pulls = known.get(hub) ?? new Map<number, PullRequest>();
  known.set(hub, pulls);
  return pulls;
}

/** Opens a pull request, with the conversation that belongs to it. */
export function openPullRequest(
  hub: Hub,
  given: Pick<PullRequest, "title" | "body" | "head" | "base">,
): PullRequest {
  const { number } = hub.openIssue({ title: given.title, body: given.body, labels: [], pull: true });
  const pull: PullRequest = { ...given, number, state: "open" };
  pullRequestsOf(hub).set(number, pull);
  return pull;
}

const view = ({ head, base, mergedAs, ...rest }: PullRequest) => ({
  ...rest,
  head: { ref: head },
  base: { ref: base },
  merge_commit_sha: mergedAs ?? null,
});

const schema = z.object({
  title: z.string().min(1),
  body: z.string().default(""),
  head: z.string().min(1),
  base: z.string().min(1),
});

/** Adds pull requests, and which of them a commit belongs to. */
export function addPullRequests(router: Router, hub: Hub): void {
  const pulls = pullRequestsOf(hub);
  for (const root of repositoryPaths)
    router
      .on("GET", `${root}/pulls`, (request) => {
        verifyRepository(hub, request);
        const state = request.query.get("state") ?? "open";
        const all = [...pulls.values()].filter((pull) => state === "all" || pull.state === state);
        return page(request, all, (shown) => shown.map(view));
      })
      .on("GET", `${root}/pulls/:number`, (request) => {
        verifyRepository(hub, request);
        return ok(view(found(pulls, Number(request.params.number))));
      })
      .on("POST", `${root}/pulls`, async (request) => {
        verifyRepository(hub, request);
        const given = await bodyOf(request, schema);
        const twice = [...pulls.values()].some(
          ({ head, base, state }) => head === given.head && base === given.base && state === "open",
        );
        if (twice) throw refuse(422, `A pull request already exists for ${given.head}.`);
        return { status: 201, json: view(openPullRequest(hub, given)) };
      })
      .on("GET", `${root}/commits/:sha/pulls`, (request) => {
        verifyRepository(hub, request);
        const all = [...pulls.values()].filter(({ mergedAs }) => mergedAs === request.params.sha);
        return page(request, all, (shown) => shown.map(view));
      });
}
