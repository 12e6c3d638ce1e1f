/** What is said of a commit: check runs, and the older commit statuses. */
import { z } from "zod";
import type { Answer, Request } from "../http/exchange.ts";
import type { Router } from "../http/router.ts";
import { bodyOf, found, ok, page, refuse, repositoryPaths, verifyRepository } from "./api.ts";
import type { CheckRun, CommitStatus, Hub } from "./hub.ts";

const conclusions = [
  "action_required",
  "cancelled",
  "failure",
  "neutral",
  "success",
  "skipped",
  "timed_out",
] as const;
const changes = {
  status: z.enum(["queued", "in_progress", "completed"]).optional(),
  conclusion: z.enum(conclusions).optional(),
  details_url: z.url().optional(),
  external_id: z.string().optional(),
  output: z
    .object({ title: z.string(), summary: z.string().max(65_535), text: z.string().max(65_535).optional() })
    .optional(),
};
const sha = z.string().regex(/^[0-9a-f]{40}$/, "head_sha is not a commit");
const createSchema = z.object({ name: z.string().min(1), head_sha: sha, ...changes });
const changeSchema = z.object({ name: z.string().min(1).optional(), ...changes });
const statusSchema = z.object({
  state: z.enum(["error", "failure", "pending", "success"]),
  target_url: z.url().nullish(),
  description: z.string().max(140).nullish(),
  context: z.string().default("default"),
});

/** Only GitHub Apps, such as Actions, may write check runs. */
function admitApp(hub: Hub): void {
  if (!hub.options.isApp) throw refuse(403, "You must authenticate via a GitHub App.");
}

function apply(hub: Hub, run: CheckRun, given: z.output<typeof changeSchema>): CheckRun {
  const { conclusion } = given;
  const status = conclusion === undefined ? (given.status ?? run.status) : "completed";
  if (status === "completed" && conclusion === undefined && run.conclusion === null)
    throw refuse(422, "Invalid request.\n\nconclusion is required when status is completed");
  return Object.assign(run, {
    ...(given.name !== undefined && { name: given.name }),
    ...(given.details_url !== undefined && { details_url: given.details_url }),
    ...(given.external_id !== undefined && { external_id: given.external_id }),
    ...(given.output && { output: given.output }),
    status,
    conclusion: conclusion ?? run.conclusion,
    completed_at: status === "completed" ? hub.now() : null,
  });
}

async function create(hub: Hub, request: Request): Promise<Answer> {
  verifyRepository(hub, request);
  admitApp(hub);
  const { name, head_sha, ...given } = await bodyOf(request, createSchema);
  const fresh: CheckRun = {
    id: hub.nextId(),
    name,
    head_sha,
    status: "queued",
    conclusion: null,
    details_url: "",
    external_id: "",
    output: null,
    started_at: hub.now(),
    completed_at: null,
  };
  const run = apply(hub, fresh, given);
  hub.checks.set(run.id, run);
  return { status: 201, json: run };
}

async function addStatus(hub: Hub, request: Request): Promise<Answer> {
  verifyRepository(hub, request);
  const commit = request.params.sha ?? "";
  if (!sha.safeParse(commit).success) throw refuse(422, `No commit found for SHA: ${commit}`);
  const given = await bodyOf(request, statusSchema);
  const status: CommitStatus = {
    id: hub.nextId(),
    sha: commit,
    state: given.state,
    context: given.context,
    description: given.description ?? "",
    target_url: given.target_url ?? "",
    created_at: hub.now(),
  };
  hub.statuses.push(status);
  return { status: 201, json: status };
}

/** Adds `…/check-runs`, `…/statuses/SHA`, and both lists of a commit. */
export function addChecks(router: Router, hub: Hub): void {
  for (const root of repositoryPaths) {
    const known = (request: Request) => {
      verifyRepository(hub, request);
      return found(hub.checks, Number(request.params.check));
    };
    router
      .on("POST", `${root}/check-runs`, (request) => create(hub, request))
      .on("GET", `${root}/check-runs/:check`, (request) => ok(known(request)))
      .on("PATCH", `${root}/check-runs/:check`, async (request) => {
        admitApp(hub);
        return ok(apply(hub, known(request), await bodyOf(request, changeSchema)));
      })
      .on("GET", `${root}/commits/:sha/check-runs`, (request) => {
        verifyRepository(hub, request);
        const name = request.query.get("check_name");
        const all = [...hub.checks.values()].toReversed();
        const fitting = all.filter(
          (run) => run.head_sha === request.params.sha && (!name || run.name === name),
        );
        return page(request, fitting, (check_runs, total_count) => ({ total_count, check_runs }));
      })
      .on("POST", `${root}/statuses/:sha`, (request) => addStatus(hub, request))
      .on("GET", `${root}/commits/:sha/statuses`, (request) => {
        verifyRepository(hub, request);
        const fitting = hub.statuses.filter(({ sha: commit }) => commit === request.params.sha);
        return page(request, fitting.toReversed(), (shown) => shown);
      });
  }
}
