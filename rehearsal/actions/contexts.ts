/** What expressions and steps know of their run. */
import type { WorkflowRun } from "../github/actions-runs.ts";
import type { Contexts } from "./expressions.ts";
import { type RunnerOptions, repositoryOf } from "./options.ts";
import { type Event, payloadOf } from "./triggers.ts";
import type { Workflow } from "./workflow.ts";

const refOf = (event: Event): string =>
  event.name === "pull_request" ? `refs/pull/${event.number}/merge` : `refs/heads/${event.branch}`;

/** Contexts of a run before any of its jobs has begun. @param api address below which the API is */
export function contextsOf(
  options: RunnerOptions,
  api: string,
  workflow: Workflow,
  event: Event,
  { inputs, run }: { inputs: Readonly<Record<string, unknown>>; run: WorkflowRun },
): Contexts {
  const repository = repositoryOf(options);
  const ref = refOf(event);
  const github = {
    event_name: event.name,
    sha: run.headSha,
    ref,
    ref_name: ref.replace(/^refs\/(?:heads|pull)\//, ""),
    repository,
    repository_owner: options.hub.options.owner,
    actor: run.actor,
    triggering_actor: run.actor,
    run_id: String(run.id),
    run_number: String(run.number),
    run_attempt: "1",
    workflow: workflow.name,
    workflow_ref: `${repository}/${workflow.path}@refs/heads/main`,
    server_url: "https://github.com",
    api_url: api,
    head_ref: "",
    base_ref: "",
  };
  return {
    github: { ...github, event: payloadOf(event, repository, inputs) },
    inputs,
    vars: {},
    secrets: {},
    needs: {},
    matrix: {},
    strategy: {},
    runner: {},
  };
}

const exported = [
  "sha",
  "ref",
  "ref_name",
  "repository",
  "repository_owner",
  "actor",
  "triggering_actor",
  "run_id",
  "run_number",
  "run_attempt",
  "workflow",
  "workflow_ref",
  "server_url",
  "api_url",
  "event_name",
  "workspace",
];

/** Variables that every step finds (docs.github.com, "Default environment variables"). The token is not among them. */
export function defaultVariables(contexts: Contexts): Record<string, string> {
  const github = contexts["github"] as Readonly<Record<string, string>>;
  return {
    CI: "true",
    GITHUB_ACTIONS: "true",
    RUNNER_OS: "Linux",
    RUNNER_ARCH: "X64",
    ...Object.fromEntries(exported.map((name) => [`GITHUB_${name.toUpperCase()}`, github[name] ?? ""])),
  };
}

/** Whether the run is for a pull request from somebody else's fork. */
export const isForked = (event: Event): boolean => event.name === "pull_request" && event.fork;
