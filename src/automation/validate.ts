import { readApplication } from "../../stacks/application.ts";
import { parseEnvironment } from "../../stacks/environments.ts";
import { asFailure, Failure } from "../release/failure.ts";
import type { DriverContext } from "./context.ts";
import { StackFile } from "./stackFile.ts";

/** What was found of one environment. */
export interface Validated {
  environment: string;
  /** Services that a release pins there, jobs among them. */
  services: number;
  /** Values of its configuration that the application reads. */
  variables: number;
  /** What it is pinned to. */
  release?: { version: string };
}

/** One environment whose files do not fit. */
export interface Invalid {
  environment: string;
  code: string;
  message: string;
  hint?: string;
}

/** What `validate` says: those that fit, and those that do not. */
export interface Validation {
  valid: Validated[];
  invalid: Invalid[];
}

/** Reads one environment's files as a promotion would. @throws Failure with everything that is wrong there */
function validated(workDirectory: string, environment: string): Validated {
  const name = parseEnvironment(environment);
  const config = new StackFile(workDirectory, name).read();
  const { services, jobs } = readApplication(name, config);
  const { variables, secrets } = config.environment;
  return {
    environment: name,
    services: services.length + jobs.length,
    variables: Object.keys(variables).length + Object.keys(secrets).length,
    ...(config.release && { release: { version: config.release.version } }),
  };
}

/**
 * Checks everything that is written in the project: each environment's configuration, the compose file, the variables it needs and those it is
 * given. Asks nobody: no engine, no token, no network.
 * @param names default every environment that is configured
 * @throws Failure `StackUnknown` when none is
 */
export function validate(
  { workDirectory, workspace }: Pick<DriverContext, "workDirectory" | "workspace">,
  names: readonly string[],
): Validation {
  const asked = names.length > 0 ? names : workspace.environments();
  if (asked.length === 0)
    throw new Failure({
      code: "StackUnknown",
      message: `expected Pulumi.<environment>.yaml in ${workDirectory}, found none`,
      hint: "liftlock init staging",
      fault: "user",
    });
  const validation: Validation = { valid: [], invalid: [] };
  for (const environment of asked)
    try {
      validation.valid.push(validated(workDirectory, environment));
    } catch (thrown) {
      const { code, message, hint } = asFailure(thrown);
      validation.invalid.push({ environment, code, message, ...(hint !== undefined && { hint }) });
    }
  return validation;
}
