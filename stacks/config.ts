import { z } from "zod";
import { Failure } from "../src/release/failure.ts";
import { type Problem, problemsFailure, problemsOf, unknownKey } from "../src/release/problems.ts";
import { certificateProblems } from "./certificates.ts";
import { configSchema, type SecretForm, type StackConfig } from "./schema.ts";

export type { StackConfig } from "./schema.ts";

/** Namespace of our keys in `Pulumi.<stack>.yaml`. */
export const namespace = "liftlock";

/** Namespaces that belong to the engine and the providers. */
const foreign = ["pulumi", "digitalocean", "docker", "github", "command"];

/** The names known at a path of the schema, for "did you mean". */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  let at: unknown = schema;
  for (const key of [...path, undefined]) {
    while (at instanceof z.ZodDefault || at instanceof z.ZodPrefault || at instanceof z.ZodOptional)
      at = at.unwrap();
    if (key === undefined) return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
    at = at instanceof z.ZodObject ? at.shape[String(key)] : undefined;
  }
  return [];
}

/** `liftlock:fleet.size` from `["fleet", "size"]`. */
const named = (problem: Problem): Problem => ({ ...problem, path: `${namespace}:${problem.path}` });

/** What each GitHub environment may do must not be undone by another part of the configuration. */
function repositoryProblems({ repository }: StackConfig, stack: string | undefined): Problem[] {
  if (!repository) return [];
  const { environments: others, shared } = repository;
  const problems: Problem[] = [];
  const all = [
    ["repository", repository] as const,
    ...Object.entries(others).map(([name, access]) => [`repository.environments.${name}`, access] as const),
  ];
  for (const [path, { reviewers, teams, secrets }] of all) {
    if (reviewers.length + teams.length > 6)
      problems.push({
        path: `${path}.reviewers`,
        message: "GitHub takes six reviewers at most, teams included",
      });
    for (const name of Object.keys(secrets).filter((each) => each in (shared?.secrets ?? {})))
      problems.push({
        path: `repository.shared.secrets.${name}`,
        message: `is also in ${path}.secrets, and here every job could read it; keep the other one`,
      });
  }
  if (stack !== undefined && stack in others)
    problems.push({
      path: `repository.environments.${stack}`,
      message: "is the stack's own environment; write it in liftlock:repository itself",
    });
  return problems;
}

/** Rules over several fields. */
function crossFieldProblems(config: StackConfig, stack: string | undefined): Problem[] {
  const problems: Problem[] = [];
  const both = Object.keys(config.environment.variables).filter((name) => name in config.environment.secrets);
  for (const name of both)
    problems.push({
      path: `environment.secrets.${name}`,
      message: "is also among environment.variables; keep one",
    });
  if (!config.fleet.ports.includes(config.health.port))
    problems.push({
      path: "health.port",
      message: `${config.health.port} is not among fleet.ports (${config.fleet.ports.join(", ")}), so nobody could reach it`,
    });
  return [...problems, ...certificateProblems(config), ...repositoryProblems(config, stack)];
}

/**
 * Checks a whole configuration, keys with their namespace (`liftlock:fleet`), values already structured.
 * @throws Failure `ConfigInvalid` with every problem at once
 */
export function parseConfig(
  raw: Readonly<Record<string, unknown>>,
  subject: string,
  form: SecretForm,
): StackConfig {
  const schema = configSchema(form);
  const own: Record<string, unknown> = {};
  const problems: Problem[] = [];
  const known = Object.keys(schema.shape);
  for (const [key, value] of Object.entries(raw)) {
    const [space = "", ...rest] = key.split(":");
    if (space === namespace && rest.length === 1) own[rest[0] ?? ""] = value;
    else if (!foreign.includes(space))
      problems.push({
        path: key,
        message: unknownKey(
          key,
          known.map((k) => `${namespace}:${k}`),
        ),
      });
  }
  const parsed = schema.safeParse(own, { reportInput: true });
  if (!parsed.success)
    problems.push(...problemsOf(parsed.error, "", (path) => keysAt(schema, path)).map(named));
  else {
    const stack = /^Pulumi\.(.+)\.yaml$/.exec(subject)?.[1];
    problems.push(...crossFieldProblems(parsed.data, stack).map(named));
  }
  if (problems.length > 0 || !parsed.success)
    throw problemsFailure(
      "ConfigInvalid",
      subject,
      problems,
      "Every key is described in docs/configuration.md; `liftlock init <environment>` writes one to start from.",
    );
  return parsed.data;
}

/** A value of the engine's flat configuration: structures arrive as JSON text, everything else as it was written. */
export function structured(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new Failure({
      code: "ConfigInvalid",
      message: "expected JSON in a structured configuration value",
      cause,
      fault: "user",
    });
  }
}
