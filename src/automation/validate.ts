import { readApplication } from "../../stacks/application.ts";
import { parseEnvironment } from "../../stacks/environments.ts";
import type { MigrationFinding } from "../migrations/review.ts";
import { type PolicyVerdict, policyRefusal } from "../plan/policy/judge.ts";
import { asFailure, Failure } from "../release/failure.ts";
import type { DriverContext } from "./context.ts";
import { reviewMigrations } from "./migrations.ts";
import { policyOfFiles } from "./policy.ts";
import { madeEnvironments } from "./readiness.ts";
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
  /** Rules of the policy that are not kept, and need not be; absent when all are. */
  advice?: PolicyVerdict[];
  /** What its migrations do to the release that still runs; absent where nothing is found. */
  migrations?: MigrationFinding[];
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
async function validated(
  workDirectory: string,
  environment: string,
  now: Date,
  since: string | undefined,
): Promise<Validated> {
  const name = parseEnvironment(environment);
  const config = new StackFile(workDirectory, name).read();
  const compose = readApplication(name, config);
  const { services, jobs } = compose;
  const policy = policyOfFiles({ name, config, compose }, now);
  const broken = policyRefusal(policy);
  if (broken) throw new Failure({ ...broken, fault: "user" });
  const advice = policy.filter(({ status }) => status === "advice" || status === "excepted");
  const migrations = await reviewMigrations(workDirectory, config.migration.files, since);
  const { variables, secrets } = config.environment;
  return {
    environment: name,
    services: services.length + jobs.length,
    variables: Object.keys(variables).length + Object.keys(secrets).length,
    ...(config.release && { release: { version: config.release.version } }),
    ...(advice.length > 0 && { advice }),
    ...(migrations.length > 0 && { migrations }),
  };
}

/**
 * Checks everything that is written in the project: each environment's configuration, the compose file, the variables it needs and those it is
 * given, and the rules of the policy that need no preview. Asks nobody: no engine, no token, no network.
 * Migrations that lose data or break the release that still runs are told, and refuse nothing.
 * @param names default every environment that is configured
 * @param since of the migrations only those that changed since this commit or branch; default all
 * @throws Failure `StackUnknown` when none is
 */
export async function validate(
  { workDirectory, workspace, now }: Pick<DriverContext, "workDirectory" | "workspace" | "now">,
  names: readonly string[],
  since?: string,
): Promise<Validation> {
  const asked = names.length > 0 ? names : madeEnvironments({ workspace, workDirectory });
  const validation: Validation = { valid: [], invalid: [] };
  for (const environment of asked)
    try {
      validation.valid.push(await validated(workDirectory, environment, now(), since));
    } catch (thrown) {
      const { code, message, hint } = asFailure(thrown);
      validation.invalid.push({ environment, code, message, ...(hint !== undefined && { hint }) });
    }
  return validation;
}
