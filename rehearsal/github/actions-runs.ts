/** Workflow runs, their artifacts, and deployments of theirs that wait for reviewers. What runs them is `rehearsal/actions`. */
import { z } from "zod";
import type { Answer, Request } from "../http/exchange.ts";
import type { Router } from "../http/router.ts";
import { bodyOf, done, found, ok, page, refuse, repositoryPaths, verifyRepository } from "./api.ts";
import type { Hub } from "./hub.ts";

export type Conclusion = "success" | "failure" | "cancelled" | "skipped";

/** One job of a run. */
export interface JobRun {
  id: number;
  name: string;
  status: "queued" | "waiting" | "in_progress" | "completed";
  conclusion: Conclusion | null;
}

/** A job of a run that waits for its environment's reviewers. */
export interface Waiting {
  environment: string;
  /** Told once. */
  decide: (decision: { approved: boolean; by: string; comment: string }) => void;
}

/** One execution of a workflow. */
export interface WorkflowRun {
  id: number;
  number: number;
  name: string;
  path: string;
  event: string;
  headSha: string;
  headBranch: string;
  actor: string;
  status: "queued" | "waiting" | "in_progress" | "completed";
  conclusion: Conclusion | null;
  createdAt: string;
  jobs: JobRun[];
  /** By name. */
  artifacts: Map<string, { id: number; bytes: number }>;
  waiting: Waiting[];
}

/** Asks for a run of a workflow: `inputs` of a dispatch, or the payload of a repository dispatch. */
export type Dispatch =
  | { event: "workflow_dispatch"; workflow: string; ref: string; inputs: Record<string, string> }
  | { event: "repository_dispatch"; type: string; payload: Record<string, unknown> };

/** What the repository knows of its runs. */
export interface Actions {
  runs: Map<number, WorkflowRun>;
  /** Set by what executes workflows; until then a dispatch is refused. Throws a refusal for what cannot be started. */
  dispatch: ((dispatch: Dispatch) => void) | undefined;
}

const known = new WeakMap<Hub, Actions>();

/** The runs of a repository. */
export function actionsOf(hub: Hub): Actions {
  const actions = known.get(hub) ?? { runs: new Map(), dispatch: undefined };
  known.set(hub, actions);
  return actions;
}

const view = (run: WorkflowRun, hub: Hub) => ({
  id: run.id,
  name: run.name,
  path: run.path,
  run_number: run.number,
  run_attempt: 1,
  event: run.event,
  head_sha: run.headSha,
  head_branch: run.headBranch,
  status: run.status,
  conclusion: run.conclusion,
  actor: { login: run.actor },
  created_at: run.createdAt,
  html_url: `https://github.com/${hub.options.owner}/${hub.options.repository}/actions/runs/${run.id}`,
});

const reviewSchema = z.object({
  environment_ids: z.array(z.int()).min(1),
  state: z.enum(["approved", "rejected"]),
  comment: z.string(),
});

async function review(hub: Hub, run: WorkflowRun, request: Request): Promise<Answer> {
  const { environment_ids, state, comment } = await bodyOf(request, reviewSchema);
  const by = hub.options.owner;
  for (const id of environment_ids) {
    const environment = [...hub.environments.values()].find((candidate) => candidate.id === id);
    const waiting = run.waiting.filter((one) => one.environment === environment?.name);
    if (!environment || waiting.length === 0)
      throw refuse(422, "There are no pending deployments with these environments.");
    const mine = environment.reviewers.some(
      ({ type, id: reviewer }) => type === "Team" || reviewer === hub.options.users[by],
    );
    if (!mine || (environment.preventSelfReview && run.actor === by))
      throw refuse(422, "The current user may not review this deployment.");
    run.waiting = run.waiting.filter((one) => !waiting.includes(one));
    for (const one of waiting) one.decide({ approved: state === "approved", by, comment });
  }
  return ok([]);
}

const pending = (hub: Hub, { waiting }: WorkflowRun) =>
  waiting.map(({ environment: name }) => {
    const { id, reviewers, waitTimer } = hub.environment(name);
    return {
      environment: { id, name },
      wait_timer: waitTimer,
      current_user_can_approve: reviewers.length > 0,
      reviewers,
    };
  });

const dispatchSchema = z.object({
  ref: z.string(),
  inputs: z.record(z.string(), z.coerce.string()).default({}),
});
const repositoryDispatchSchema = z.object({
  event_type: z.string().max(100),
  client_payload: z.record(z.string(), z.unknown()).default({}),
});

function dispatch(hub: Hub, asked: Dispatch): Answer {
  const start = actionsOf(hub).dispatch;
  if (!start) throw refuse(503, "Nothing here executes workflows.");
  start(asked);
  return done;
}

/** Adds runs, jobs, artifacts, reviews and dispatches. */
export function addActionsRuns(router: Router, hub: Hub): void {
  const { runs } = actionsOf(hub);
  const runOf = (request: Request): WorkflowRun => {
    verifyRepository(hub, request);
    return found(runs, Number(request.params.run));
  };
  for (const root of repositoryPaths) {
    const one = `${root}/actions/runs/:run`;
    router
      .on("GET", `${root}/actions/runs`, (request) => {
        verifyRepository(hub, request);
        const event = request.query.get("event");
        const all = [...runs.values()].reverse().filter((run) => event === null || run.event === event);
        return page(request, all, (shown, total_count) => ({
          total_count,
          workflow_runs: shown.map((run) => view(run, hub)),
        }));
      })
      .on("GET", one, (request) => ok(view(runOf(request), hub)))
      .on("GET", `${one}/jobs`, (request) =>
        page(request, runOf(request).jobs, (jobs, total_count) => ({ total_count, jobs })),
      )
      .on("GET", `${one}/artifacts`, (request) => {
        const name = request.query.get("name");
        const all = [...runOf(request).artifacts].filter(([artifact]) => name === null || artifact === name);
        return page(request, all, (shown, total_count) => ({
          total_count,
          artifacts: shown.map(([artifact, { id, bytes }]) => ({
            id,
            name: artifact,
            size_in_bytes: bytes,
            expired: false,
          })),
        }));
      })
      .on("GET", `${one}/pending_deployments`, (request) => ok(pending(hub, runOf(request))))
      .on("POST", `${one}/pending_deployments`, (request) => review(hub, runOf(request), request))
      .on("POST", `${root}/actions/workflows/:workflow/dispatches`, async (request) => {
        verifyRepository(hub, request);
        const { ref, inputs } = await bodyOf(request, dispatchSchema);
        return dispatch(hub, {
          event: "workflow_dispatch",
          workflow: request.params.workflow ?? "",
          ref,
          inputs,
        });
      })
      .on("POST", `${root}/dispatches`, async (request) => {
        verifyRepository(hub, request);
        const { event_type, client_payload } = await bodyOf(request, repositoryDispatchSchema);
        return dispatch(hub, { event: "repository_dispatch", type: event_type, payload: client_payload });
      });
  }
}
