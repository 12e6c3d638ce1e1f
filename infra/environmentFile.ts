import { type Problem, problemsFailure, unknownKey } from "../src/release/problems.ts";
import type { ComposeFile } from "./composeFile.ts";

/** Variables that the program itself sets: they depend on resources. */
export const provided = ["DATABASE_HOST"] as const;

/** Names in a template such as `.env.production.example`. */
export function templateNames(text: string): string[] {
  return text
    .split("\n")
    .flatMap((line) => /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=/.exec(line)?.[1] ?? []);
}

export interface EnvironmentInput {
  compose: ComposeFile;
  template: { text: string; place: string };
  /** Names in the stack's configuration. */
  configured: readonly string[];
  /** The configuration's place, for messages. */
  place: string;
}

/**
 * Holds compose file, template and configuration against each other: what the compose file needs is in the template, what the
 * template lists is used and has a value, and no value is left over.
 * @throws Failure `EnvironmentVariables` with every problem at once
 */
export function verifyEnvironment(input: EnvironmentInput): void {
  const { compose, template, configured } = input;
  const used = [...compose.required, ...compose.optional];
  const listed = templateNames(template.text);
  const own: readonly string[] = provided;
  const problems: Problem[] = [
    ...compose.required
      .filter((name) => !listed.includes(name))
      .map((name) => ({
        path: name,
        message: `the compose file needs it, but ${template.place} does not list it`,
      })),
    ...listed
      .filter((name) => !used.includes(name))
      .map((name) => ({
        path: name,
        message: `${template.place} lists it, but the compose file does not use it`,
      })),
    ...listed
      .filter((name) => !configured.includes(name) && !own.includes(name) && !compose.optional.includes(name))
      .map((name) => ({ path: name, message: `no value in ${input.place}, liftlock:environment` })),
    ...configured
      .filter((name) => !listed.includes(name))
      .map((name) => ({
        path: name,
        message: `in ${input.place}: ${unknownKey(name, listed).replace("key", "variable")}`,
      })),
    ...configured
      .filter((name) => own.includes(name))
      .map((name) => ({
        path: name,
        message: `in ${input.place}, but the program sets it; remove it there`,
      })),
  ];
  if (problems.length > 0)
    throw problemsFailure(
      "EnvironmentVariables",
      `The environment of ${input.place}`,
      problems,
      "pulumi config set --path 'liftlock:environment.variables.NAME' VALUE   (or --secret … environment.secrets.NAME)",
    );
}

/**
 * An env file as compose reads it: nothing is interpreted within single quotes; what they cannot hold goes into double
 * quotes with its special characters escaped.
 */
export function environmentFile(values: Readonly<Record<string, string>>): string {
  const quote = (value: string) =>
    /['\\\n]/.test(value) ? `"${value.replace(/["\\$]/g, "\\$&").replaceAll("\n", "\\n")}"` : `'${value}'`;
  return Object.entries(values)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${quote(value)}\n`)
    .join("");
}
