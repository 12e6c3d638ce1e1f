/** The jobs of one run: which may run, when, and each in surroundings of its own. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Conclusion, JobRun, WorkflowRun } from "../github/actions-runs.ts";
import type { ConcurrencyGroups, Place } from "./concurrency.ts";
import { defaultVariables, isForked } from "./contexts.ts";
import { admitted, given } from "./environment.ts";
import { type Contexts, expand, holds } from "./expressions.ts";
import type { Gateway } from "./gateway.ts";
import { JobRunner } from "./job.ts";
import { Masks } from "./masks.ts";
import { combinations } from "./matrix.ts";
import type { RunnerOptions } from "./options.ts";
import { ActionsRefusal } from "./refusal.ts";
import type { JobResult, Outcome } from "./surroundings.ts";
import type { Event } from "./triggers.ts";
import type { Shelf } from "./uses/artifacts.ts";
import { standIns } from "./uses/standIns.ts";
import type { Concurrency, Job, Permissions, Workflow } from "./workflow.ts";

/** What all runs of a repository share. */
export interface Shared {
  options: RunnerOptions;
  gateway: Gateway;
  groups: ConcurrencyGroups;
  /** Runs by number, for artifacts. */
  runs: ReadonlyMap<number, WorkflowRun>;
  /** What each token may do, also of those that are revoked. */
  tokens: Map<string, Permissions>;
  /** Aborted when nothing may run any more. */
  closing: AbortSignal;
}

/** What the need of a job came to. */
interface Needed {
  result: Outcome;
  outputs: Record<string, string>;
}

const nothing: JobResult = {
  result: "skipped",
  outputs: {},
  log: [],
  hidden: 0,
  annotations: [],
  summary: "",
  steps: {},
  course: [],
};

const worstOf = (results: readonly Outcome[], order: readonly Outcome[]): Outcome | undefined =>
  order.find((result) => results.includes(result));

/** Runs the jobs of one run. */
export class Jobs {
  /** By job, and for a matrix by `job (value)`. */
  readonly results: Record<string, JobResult> = {};
  private readonly shared: Shared;
  private readonly workflow: Workflow;
  private readonly event: Event;
  private readonly run: WorkflowRun;
  private readonly begun = new Map<string, Promise<Needed>>();

  constructor(shared: Shared, workflow: Workflow, event: Event, run: WorkflowRun) {
    this.shared = shared;
    this.workflow = workflow;
    this.event = event;
    this.run = run;
  }

  /** Runs all of them, each once what it needs has ended. */
  async all(contexts: Contexts): Promise<Conclusion> {
    const names = Object.keys(this.workflow.jobs);
    const ended = await Promise.all(names.map((id) => this.start(id, contexts)));
    const results = ended.map(({ result }) => result);
    return worstOf(results, ["failure", "cancelled", "success"]) ?? "skipped";
  }

  private start(id: string, contexts: Contexts): Promise<Needed> {
    const known = this.begun.get(id);
    if (known) return known;
    const job = this.workflow.jobs[id];
    if (!job) throw new ActionsRefusal(`${this.workflow.path} has no job ${id}`);
    const started = this.afterNeeds(id, job, contexts);
    this.begun.set(id, started);
    return started;
  }

  private async afterNeeds(id: string, job: Job, contexts: Contexts): Promise<Needed> {
    const needed = job.needs.map(async (name) => [name, await this.start(name, contexts)] as const);
    const needs = Object.fromEntries(await Promise.all(needed));
    const bad = Object.values(needs).some(({ result }) => result !== "success");
    const within = { ...contexts, needs };
    if (!holds(job.if, within, bad ? "failure" : "success")) {
      this.results[id] = nothing;
      return { result: "skipped", outputs: {} };
    }
    const all = await Promise.all(
      combinations(job, within).map(async (matrix) => {
        const values = Object.values(matrix).map(String);
        const result = await this.one(job, { ...within, matrix });
        this.results[values.length > 0 ? `${id} (${values.join(", ")})` : id] = result;
        return result;
      }),
    );
    const results = all.map(({ result }) => result);
    return {
      result: worstOf(results, ["failure", "cancelled", "skipped"]) ?? "success",
      outputs: Object.fromEntries(all.flatMap(({ outputs }) => Object.entries(outputs))),
    };
  }

  private async one(job: Job, contexts: Contexts): Promise<JobResult> {
    const { options } = this.shared;
    const { hub, minute = 60_000 } = options;
    const shown: JobRun = {
      id: hub.nextId(),
      name: expand(job.name ?? "", contexts),
      status: "queued",
      conclusion: null,
    };
    this.run.jobs.push(shown);
    const end = (result: JobResult): JobResult => {
      shown.status = "completed";
      shown.conclusion = result.result satisfies Conclusion;
      return result;
    };
    const environment = job.environment && expand(job.environment.name, contexts);
    const about = { run: this.run, shown, minute };
    const denial = environment === undefined ? undefined : await admitted(hub, environment, about);
    if (denial !== undefined) return end({ ...nothing, result: "failure", log: [`##[error]${denial}`] });
    const place = await this.enter(job.concurrency, contexts);
    if (place === "superseded") return end({ ...nothing, result: "cancelled" });
    shown.status = "in_progress";
    try {
      return end(await this.executed(job, contexts, environment, place?.cancelled));
    } finally {
      place?.leave();
    }
  }

  /** @returns nothing without a group; `superseded` when a newer one took the place in the queue */
  private async enter(
    concurrency: Concurrency | undefined,
    contexts: Contexts,
  ): Promise<Place | undefined | "superseded"> {
    if (!concurrency) return undefined;
    const { group, "cancel-in-progress": cancel } = concurrency;
    return (await this.shared.groups.enter(expand(group, contexts), cancel)) ?? "superseded";
  }

  private shelf(): Shelf {
    const { options, runs, tokens } = this.shared;
    return {
      directory: join(options.directory, "artifacts"),
      run: (id) => runs.get(id),
      nextId: () => options.hub.nextId(),
      mayRead: (token) => {
        const may = tokens.get(token);
        return typeof may === "object" && (may["actions"] === "read" || may["actions"] === "write");
      },
    };
  }

  /** What the job's token may do; somebody else's fork only reads. */
  private permissions(job: Job): Permissions {
    return isForked(this.event) ? "read-all" : (job.permissions ?? this.workflow.permissions ?? "read-all");
  }

  private async executed(
    job: Job,
    outer: Contexts,
    environment: string | undefined,
    cancelled: AbortSignal | undefined,
  ): Promise<JobResult> {
    const { options, gateway, tokens, closing } = this.shared;
    const { hub, directory, machine, pins, remote, prepare, minute = 60_000 } = options;
    const own = join(directory, `job-${hub.nextId()}`);
    const [workspace, temporary, home] = [join(own, "workspace"), join(own, "temporary"), join(own, "home")];
    for (const made of [workspace, temporary, home]) mkdirSync(made, { recursive: true });
    const permissions = this.permissions(job);
    const issued = gateway.issue(permissions);
    tokens.set(issued.token, permissions);
    const { secrets: all, vars } = given(hub, environment);
    const secrets = isForked(this.event) ? {} : all;
    const masks = new Masks();
    for (const value of [issued.token, ...Object.values(secrets)]) masks.add(value);
    const contexts: Contexts = {
      ...outer,
      github: { ...(outer["github"] as object), token: issued.token, workspace },
      secrets: { ...secrets, GITHUB_TOKEN: issued.token },
      vars,
      runner: { os: "Linux", arch: "X64", name: "rehearsal", temp: temporary, environment: "self-hosted" },
    };
    const eventFile = join(temporary, "event.json");
    writeFileSync(eventFile, JSON.stringify((outer["github"] as { event: unknown }).event));
    const variables = Object.entries({ ...this.workflow.env, ...job.env }).map(
      ([name, value]) => [name, expand(String(value), contexts)] as const,
    );
    const surroundings = {
      run: { id: this.run.id, headSha: this.run.headSha },
      workspace,
      temporary,
      token: issued.token,
      canPush: typeof permissions === "object" && permissions["contents"] === "write",
      machine: {
        ...machine,
        ...defaultVariables(contexts),
        GITHUB_EVENT_PATH: eventFile,
        HOME: home,
        RUNNER_TEMP: temporary,
      },
      masks,
      minute,
      uses: standIns({ path: remote, ...(prepare && { prepare }) }, this.shelf(), pins),
      cancelled: AbortSignal.any([closing, ...(cancelled ? [cancelled] : [])]),
    };
    try {
      return await new JobRunner(job, surroundings, contexts, Object.fromEntries(variables)).run();
    } finally {
      issued.revoke();
    }
  }
}
