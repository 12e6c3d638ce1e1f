/** Workflow files as this runner reads them: checked by GitHub's own parser first, then narrowed to what is executed here. */
import { registerHooks } from "node:module";
import { parse } from "yaml";
import { z } from "zod";
import { ActionsRefusal } from "./refusal.ts";

// GitHub's parser imports its schema without saying that it is JSON, which Node wants to be told.
registerHooks({
  load: (url, context, next) =>
    url.includes("/@actions/") && url.endsWith(".json")
      ? next(url, { ...context, importAttributes: { type: "json" } })
      : next(url, context),
});
const { NoOperationTraceWriter, parseWorkflow } = await import("@actions/workflow-parser");

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const scalars = z.record(
  z.string(),
  scalar.nullable().transform((value) => value ?? ""),
);
const text = scalar.transform(String);
const list = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const minutes = z.union([z.number(), z.string()]);

const stepSchema = z.strictObject({
  id: z.string().optional(),
  name: z.string().optional(),
  if: text.optional(),
  env: scalars.optional(),
  run: z.string().optional(),
  uses: z.string().optional(),
  with: scalars.optional(),
  shell: z.string().optional(),
  "working-directory": z.string().optional(),
  "timeout-minutes": minutes.optional(),
  "continue-on-error": z.union([z.boolean(), z.string()]).optional(),
});

const concurrencySchema = z.union([
  z.string().transform((group) => ({ group, "cancel-in-progress": false })),
  z.strictObject({ group: z.string(), "cancel-in-progress": z.boolean().default(false) }),
]);

const permissionsSchema = z.union([
  z.enum(["read-all", "write-all"]),
  z.record(z.string(), z.enum(["read", "write", "none"])),
]);

const defaultsSchema = z.strictObject({
  run: z.strictObject({ shell: z.string().optional(), "working-directory": z.string().optional() }),
});

const jobSchema = z.strictObject({
  name: z.string().optional(),
  needs: list.default([]),
  if: text.optional(),
  "runs-on": z.string(),
  "timeout-minutes": minutes.default(360),
  environment: z
    .union([
      z.string().transform((name) => ({ name })),
      z.strictObject({ name: z.string(), url: z.string().optional() }),
    ])
    .optional(),
  permissions: permissionsSchema.optional(),
  concurrency: concurrencySchema.optional(),
  strategy: z
    .strictObject({
      "fail-fast": z.boolean().default(true),
      matrix: z.record(z.string(), z.union([z.string(), z.array(scalar)])),
    })
    .optional(),
  outputs: z.record(z.string(), z.string()).default({}),
  env: scalars.default({}),
  defaults: defaultsSchema.optional(),
  steps: z.array(stepSchema),
});

const inputSchema = z.strictObject({
  description: z.string().optional(),
  type: z.enum(["string", "boolean", "choice"]).default("string"),
  required: z.boolean().default(false),
  default: scalar.optional(),
  options: z.array(z.string()).optional(),
});

const filters = z.strictObject({ branches: list.optional(), paths: list.optional() });

const triggersSchema = z.strictObject({
  push: filters.nullish(),
  pull_request: filters.nullish(),
  workflow_run: z
    .strictObject({
      workflows: list,
      types: list.default(["requested", "completed"]),
      branches: list.optional(),
    })
    .optional(),
  workflow_dispatch: z.strictObject({ inputs: z.record(z.string(), inputSchema).optional() }).nullish(),
  repository_dispatch: z.strictObject({ types: list.optional() }).nullish(),
  schedule: z.array(z.strictObject({ cron: z.string() })).optional(),
});

/** `push`, `[push, pull_request]` and `{push: …}` are the same in three ways. */
const spelledOut = (on: unknown): unknown => {
  const names: unknown = typeof on === "string" ? [on] : on;
  return Array.isArray(names) ? Object.fromEntries(names.map((name) => [String(name), null])) : on;
};

const workflowSchema = z.strictObject({
  name: z.string(),
  on: z.preprocess(spelledOut, triggersSchema),
  permissions: permissionsSchema.optional(),
  concurrency: concurrencySchema.optional(),
  env: scalars.default({}),
  defaults: defaultsSchema.optional(),
  jobs: z.record(z.string(), jobSchema),
});

export type Step = z.output<typeof stepSchema>;
export type Job = z.output<typeof jobSchema>;
export type Permissions = z.output<typeof permissionsSchema>;
export type Triggers = z.output<typeof triggersSchema>;
export type Concurrency = z.output<typeof concurrencySchema>;
/** A workflow with the path of its file in the repository. */
export type Workflow = z.output<typeof workflowSchema> & { path: string };

/** What GitHub's parser has against a file; nothing when it would be taken. */
export function problemsOf(path: string, content: string): string[] {
  const { context } = parseWorkflow({ name: path, content }, new NoOperationTraceWriter());
  return context.errors.getErrors().map(({ message }) => message);
}

function narrow<S extends z.ZodType>(schema: S, value: unknown, path: string): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ActionsRefusal(`${path} has what this runner does not do: ${z.prettifyError(parsed.error)}`);
}

/** Reads a workflow file. @throws ActionsRefusal for what GitHub would refuse, and for what is not executed here */
export function readWorkflow(path: string, content: string): Workflow {
  const problems = problemsOf(path, content);
  if (problems.length > 0) throw new ActionsRefusal(problems.join("\n"));
  return { ...narrow(workflowSchema, parse(content), path), path };
}

const actionSchema = z.looseObject({
  name: z.string(),
  inputs: z
    .record(z.string(), z.looseObject({ required: z.boolean().optional(), default: scalar.optional() }))
    .default({}),
  outputs: z.record(z.string(), z.looseObject({ value: z.string() })).default({}),
  runs: z.strictObject({ using: z.literal("composite"), steps: z.array(stepSchema) }),
});

/** A composite action. */
export type Action = z.output<typeof actionSchema>;

/** Reads an `action.yml`. @throws ActionsRefusal for one that is not composite */
export const readAction = (path: string, content: string): Action =>
  narrow(actionSchema, parse(content), path);
