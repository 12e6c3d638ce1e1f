/** Executes the workflows of a repository on this machine; see SPEC.md for what it does, what it refuses and where it differs. */
import { mkdirSync } from "node:fs";
import { type Actions, actionsOf, type Dispatch, type WorkflowRun } from "../github/actions-runs.ts";
import { refuse } from "../github/api.ts";
import { ConcurrencyGroups } from "./concurrency.ts";
import { contextsOf } from "./contexts.ts";
import { type Denied, type Gateway, startGateway } from "./gateway.ts";
import { Jobs, type Shared } from "./jobs.ts";
import type { RunnerOptions } from "./options.ts";
import { ActionsRefusal } from "./refusal.ts";
import type { JobResult } from "./surroundings.ts";
import { type Event, inputsOf, starts } from "./triggers.ts";
import { git } from "./uses/git.ts";
import { readWorkflow, type Workflow } from "./workflow.ts";

/** A run with everything that was seen of it. */
export interface RunRecord {
  run: WorkflowRun;
  /** By job, and for a matrix by `job (value)`. */
  jobs: Readonly<Record<string, JobResult>>;
}

const eventOf = (dispatch: Dispatch): Event =>
  dispatch.event === "workflow_dispatch"
    ? { name: dispatch.event, workflow: dispatch.workflow, branch: dispatch.ref, inputs: dispatch.inputs }
    : { name: dispatch.event, type: dispatch.type, branch: "main", payload: dispatch.payload };

/** The workflows of one repository, executed. */
export class Runner implements AsyncDisposable {
  /** Runs that have ended, in the order in which they did. */
  readonly records: RunRecord[] = [];
  private readonly options: RunnerOptions;
  private readonly actions: Actions;
  private readonly gateway: Gateway;
  private readonly shared: Shared;
  private readonly under = new Set<Promise<void>>();
  private readonly closing = new AbortController();
  private broken: Error | undefined;

  private constructor(options: RunnerOptions, gateway: Gateway) {
    this.options = options;
    this.gateway = gateway;
    this.actions = actionsOf(options.hub);
    this.actions.dispatch = (dispatch) => this.dispatched(dispatch);
    this.shared = {
      options,
      gateway,
      groups: new ConcurrencyGroups(),
      runs: this.actions.runs,
      tokens: new Map(),
      closing: this.closing.signal,
    };
    mkdirSync(options.directory, { recursive: true });
  }

  /** Starts to execute what the repository's events ask for. */
  static async start(options: RunnerOptions): Promise<Runner> {
    return new Runner(options, await startGateway(options.github.url, options.github.token));
  }

  /** What tokens of jobs were refused. */
  get denied(): readonly Denied[] {
    return this.gateway.denied;
  }

  /** Starts what an event starts; returns at once. @throws ActionsRefusal for a workflow that GitHub would not take */
  happen(event: Event): WorkflowRun[] {
    const sha = git(this.options.remote, ["rev-parse", "main"]);
    return this.workflows(sha)
      .filter((workflow) => starts(workflow, event))
      .map((workflow) => this.begin(workflow, event, sha));
  }

  /** Main was pushed to. @param before the commit that it was at; default the one before */
  push(before = "main~1"): WorkflowRun[] {
    const paths = git(this.options.remote, ["diff", "--name-only", before, "main"]).split("\n");
    return this.happen({ name: "push", branch: "main", paths });
  }

  /** Waits until nothing runs any more; what waits for people holds it up. @throws what went wrong in the runner itself */
  async idle(): Promise<void> {
    while (this.under.size > 0) await Promise.all(this.under);
    if (this.broken) throw this.broken;
  }

  /** Every line that any step has written, as its log and its summary show it. */
  logs(): string[] {
    return this.records.flatMap(({ jobs }) =>
      Object.values(jobs).flatMap(({ log, summary }) => [...log, summary]),
    );
  }

  /** Ends everything; what waits for people is not let in. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.closing.abort();
    this.actions.dispatch = undefined;
    for (const run of this.actions.runs.values())
      for (const { decide } of run.waiting.splice(0))
        decide({ approved: false, by: "the end", comment: "of all" });
    await Promise.allSettled(this.under);
    await this.gateway.close();
  }

  private workflows(sha: string): Workflow[] {
    const { remote } = this.options;
    const paths = git(remote, ["ls-tree", "--name-only", sha, ".github/workflows/"]).split("\n");
    return paths
      .filter((path) => /\.ya?ml$/.test(path))
      .map((path) => readWorkflow(path, git(remote, ["show", `${sha}:${path}`])));
  }

  private dispatched(dispatch: Dispatch): void {
    try {
      const begun = this.happen(eventOf(dispatch));
      if (begun.length > 0 || dispatch.event === "repository_dispatch") return;
    } catch (thrown) {
      throw thrown instanceof ActionsRefusal ? refuse(422, thrown.message) : thrown;
    }
    throw refuse(422, "Workflow does not have 'workflow_dispatch' trigger");
  }

  private begin(workflow: Workflow, event: Event, sha: string): WorkflowRun {
    const { hub, actor = "octo-dev" } = this.options;
    const inputs = inputsOf(workflow, event);
    const run: WorkflowRun = {
      id: hub.nextId(),
      number: this.actions.runs.size + 1,
      name: workflow.name,
      path: workflow.path,
      event: event.name,
      headSha: sha,
      headBranch: event.branch,
      actor,
      status: "in_progress",
      conclusion: null,
      createdAt: hub.now(),
      jobs: [],
      artifacts: new Map(),
      waiting: [],
    };
    this.actions.runs.set(run.id, run);
    const work = this.execute(workflow, event, inputs, run).catch((thrown: unknown) => {
      this.broken ??= thrown instanceof Error ? thrown : new ActionsRefusal(String(thrown));
      Object.assign(run, { status: "completed", conclusion: "failure" });
    });
    this.under.add(work);
    void work.finally(() => this.under.delete(work));
    return run;
  }

  private async execute(
    workflow: Workflow,
    event: Event,
    inputs: Readonly<Record<string, unknown>>,
    run: WorkflowRun,
  ): Promise<void> {
    const api = `${this.gateway.url}/api/v3`;
    const jobs = new Jobs(this.shared, workflow, event, run);
    run.conclusion = await jobs.all(contextsOf(this.options, api, workflow, event, { inputs, run }));
    run.status = "completed";
    this.records.push({ run, jobs: jobs.results });
    if (!this.closing.signal.aborted) this.happen(this.ended(run));
  }

  private ended({ id, name, conclusion, headBranch, headSha, event }: WorkflowRun): Event {
    const told = { id, name, conclusion, head_branch: headBranch, head_sha: headSha, event };
    return { name: "workflow_run", workflow: name, branch: headBranch, run: told };
  }
}
