import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StackConfig } from "../../stacks/config.ts";
import { classify } from "../plan/deployFailure.ts";
import { limits } from "../plan/limits.ts";
import { Failure } from "../release/failure.ts";
import { nearest } from "../release/problems.ts";
import type { DriverContext } from "./context.ts";
import { effects } from "./effects.ts";
import { engineText } from "./engine.ts";
import type { PromotionResult } from "./messages.ts";
import type { Target } from "./ports.ts";
import { reporterOf } from "./reporter.ts";
import { factsOf, restore, verifyAtRest } from "./restore.ts";
import { type Held, takeLease } from "./run.ts";
import { Stopwatch } from "./stopwatch.ts";

export interface RotateOptions {
  environment: string;
  /** The secret's name, such as `SESSION_SECRET`. */
  name: string;
  value: string;
  /** Written to the ledger. */
  reason?: string | undefined;
}

/** What was rotated. */
export interface Rotation {
  environment: string;
  name: string;
  /** Places of the configuration that have the new value. */
  places: string[];
  /** How the application was deployed with it; absent where only GitHub has the secret. */
  result?: PromotionResult;
}

/** GitHub takes no more bytes of a secret. https://docs.github.com/actions/reference/limits */
const gitHubLimit = 48 * 1024;

const applicationPlace = "environment.secrets";

/** Where the configuration holds secrets by name, as paths, with the names that are there. */
function vaultsOf({ environment, repository }: StackConfig): [path: string, names: string[]][] {
  const vaults: [string, Readonly<Record<string, unknown>>][] = [[applicationPlace, environment.secrets]];
  if (repository) {
    vaults.push(["repository.secrets", repository.secrets]);
    for (const [name, { secrets }] of Object.entries(repository.environments))
      vaults.push([`repository.environments[${JSON.stringify(name)}].secrets`, secrets]);
    vaults.push(["repository.shared.secrets", repository.shared?.secrets ?? {}]);
  }
  return vaults.map(([path, secrets]) => [path, Object.keys(secrets)]);
}

/** Paths of all secrets of this name. @throws Failure `UsageInvalid` */
function placesOf(config: StackConfig, file: string, name: string): string[] {
  const vaults = vaultsOf(config);
  const places = vaults.flatMap(([path, names]) => (names.includes(name) ? [`${path}.${name}`] : []));
  if (places.length > 0) return places;
  const near = nearest(
    name,
    vaults.flatMap(([, names]) => names),
  );
  throw new Failure({
    code: "UsageInvalid",
    message: `expected a secret of ${file}, found no ${name}${near === undefined ? "" : `; did you mean "${near}"?`}`,
    hint: "A new one is written with: pulumi config set --path --secret 'liftlock:repository.secrets.NAME'",
    fault: "user",
  });
}

/** @throws Failure `UsageInvalid` for a value that cannot be one */
function verifyValue({ name, value }: RotateOptions): void {
  const problem =
    value === ""
      ? "it is empty"
      : Buffer.byteLength(value) > gitHubLimit
        ? "it has more than 48 KB, which GitHub does not take"
        : undefined;
  if (problem === undefined) return;
  throw new Failure({
    code: "UsageInvalid",
    message: `expected a new value of ${name} on standard input: ${problem}`,
    fault: "user",
  });
}

/** The file as it is now; put back where the new value did not come into force. */
function keptFile(context: DriverContext, name: string): () => void {
  const path = join(context.workDirectory, name);
  const text = readFileSync(path);
  return () => writeFileSync(path, text);
}

async function write(context: DriverContext, target: Target, places: readonly string[], value: string) {
  const args = ["config", "set", "--path", "--secret", "--stack", target.name];
  for (const place of places) await engineText(context, [...args, `liftlock:${place}`], value);
}

/** One update, which writes to GitHub what has changed. @throws Failure as the update failed */
async function updateGitHub(target: Target, name: string): Promise<void> {
  const [failed] = await target.update(`secret ${name} rotated`, limits.deploy);
  if (failed) throw new Failure(classify(failed));
}

/** Deploys what is pinned once more: containers are told a secret when they start. */
async function deployAgain(
  context: DriverContext,
  held: Held,
  target: Target,
  why: string,
  report: typeof reporterOf,
) {
  const watch = new Stopwatch();
  const facts = await factsOf(target, held, watch);
  verifyAtRest(target, facts);
  const update = effects.repeat;
  return restore(context, held, target, facts, watch, { why, attempt: "next", update, report });
}

/**
 * Gives a secret a new value: in the environment's configuration, encrypted, wherever it has this name; then, by one update, at GitHub and
 * in the application, which is deployed once more and verified. The value is never told.
 * @throws Failure `UsageInvalid`, and before anything is written what `verifyAtRest` throws; `EngineFailed` when GitHub did not take it,
 * and the configuration is as it was
 */
export async function rotateSecret(
  context: DriverContext,
  options: RotateOptions,
  report = reporterOf,
): Promise<Rotation> {
  const { name, value, reason } = options;
  const input = context.workspace.input(options.environment);
  verifyValue(options);
  const places = placesOf(input.config, input.file.name, name);
  context.secrets.add(value);
  await using held = await takeLease(context, input.name, "rollback");
  using target = await context.workspace.open(input.name);
  await target.learnSecrets();
  const deployed =
    target.file.pin().release !== undefined && places.some((p) => p.startsWith(applicationPlace));
  // Whatever keeps the application from being deployed again has to be known before the file has the new value.
  if (target.file.pin().release) verifyAtRest(target, await factsOf(target, held, new Stopwatch()));
  const why = `secret ${name} rotated: ${reason ?? `asked for by ${context.actor}`}`;
  await held.journal.remark({ entry: "note", text: context.secrets.mask(`${why} (${places.join(", ")})`) });
  const putBack = keptFile(context, target.file.name);
  try {
    await write(context, target, places, value);
    if (!deployed) await updateGitHub(target, name);
  } catch (thrown) {
    putBack();
    throw thrown;
  }
  const rotation = { environment: target.name, name, places };
  return deployed ? { ...rotation, result: await deployAgain(context, held, target, why, report) } : rotation;
}
