/** Which events start which workflows, and what a run is told of its event. */
import { ActionsRefusal } from "./refusal.ts";
import type { Triggers, Workflow } from "./workflow.ts";

/** Something that happened. `paths` are those that changed; `branch` is where it happened, or where it wants to go. */
export type Event =
  | { name: "push"; branch: string; paths: readonly string[] }
  | { name: "pull_request"; branch: string; paths: readonly string[]; number: number; fork: boolean }
  | { name: "workflow_run"; workflow: string; branch: string; run: Readonly<Record<string, unknown>> }
  | { name: "workflow_dispatch"; workflow: string; branch: string; inputs: Readonly<Record<string, string>> }
  | { name: "repository_dispatch"; type: string; branch: string; payload: Readonly<Record<string, unknown>> }
  | { name: "schedule"; cron: string; branch: string };

/** A filter pattern as GitHub has it, as far as `*`, `**` and plain text go. */
const fits = (pattern: string, value: string) => {
  const source = pattern
    .replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&")
    .replaceAll("**", "\u0000")
    .replaceAll("*", "[^/]*")
    .replaceAll("\u0000", ".*");
  return new RegExp(`^${source}$`).test(value);
};

const within = (patterns: readonly string[] | undefined, values: readonly string[]) =>
  patterns === undefined || values.some((value) => patterns.some((pattern) => fits(pattern, value)));

const inPlace = (
  filter: { branches?: string[] | undefined; paths?: string[] | undefined } | null | undefined,
  { branch, paths }: { branch: string; paths: readonly string[] },
) => filter !== undefined && within(filter?.branches, [branch]) && within(filter?.paths, paths);

/** Whether an event starts a workflow. */
export function starts(workflow: Workflow, event: Event): boolean {
  const on: Triggers = workflow.on;
  switch (event.name) {
    case "push":
      return inPlace(on.push, event);
    case "pull_request":
      return inPlace(on.pull_request, event);
    case "workflow_run":
      return (
        on.workflow_run !== undefined &&
        on.workflow_run.types.includes("completed") &&
        on.workflow_run.workflows.includes(event.workflow) &&
        within(on.workflow_run.branches, [event.branch])
      );
    case "workflow_dispatch":
      return on.workflow_dispatch !== undefined && workflow.path.endsWith(`/${event.workflow}`);
    case "repository_dispatch":
      return on.repository_dispatch !== undefined && within(on.repository_dispatch?.types, [event.type]);
    case "schedule":
      return (on.schedule ?? []).some(({ cron }) => cron === event.cron);
  }
}

/** The answers to a dispatch's questions, in their types. @throws ActionsRefusal for one that is missing, unknown or not among the choices */
export function inputsOf(workflow: Workflow, event: Event): Record<string, string | boolean | number> {
  if (event.name !== "workflow_dispatch") return {};
  const asked = workflow.on.workflow_dispatch?.inputs ?? {};
  const unknown = Object.keys(event.inputs).find((name) => !(name in asked));
  if (unknown !== undefined) throw new ActionsRefusal(`Unexpected inputs provided: ${unknown}`);
  return Object.fromEntries(
    Object.entries(asked).map(([name, { type, required, default: usual, options }]) => {
      const given = event.inputs[name] ?? usual ?? (type === "boolean" ? false : "");
      if (required && given === "") throw new ActionsRefusal(`Required input '${name}' not provided`);
      if (options && given !== "" && !options.includes(String(given)))
        throw new ActionsRefusal(
          `Provided value '${String(given)}' for input '${name}' not in the list of allowed values`,
        );
      return [name, type === "boolean" ? String(given) === "true" : given];
    }),
  );
}

/** `github.event`. @param repository `owner/name` */
export function payloadOf(
  event: Event,
  repository: string,
  inputs: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const about = { repository: { full_name: repository, default_branch: "main" } };
  switch (event.name) {
    case "push":
      return { ...about, ref: `refs/heads/${event.branch}` };
    case "pull_request":
      return {
        ...about,
        action: "synchronize",
        number: event.number,
        pull_request: {
          number: event.number,
          head: { repo: { full_name: event.fork ? "somebody/fork" : repository } },
          base: { ref: event.branch },
        },
      };
    case "workflow_run":
      return { ...about, action: "completed", workflow_run: event.run };
    case "workflow_dispatch":
      return { ...about, inputs };
    case "repository_dispatch":
      return { ...about, action: event.type, client_payload: event.payload };
    case "schedule":
      return { ...about, schedule: event.cron };
  }
}
