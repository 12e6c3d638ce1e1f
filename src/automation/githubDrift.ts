import { type GitHub, gitHubFrom } from "../github/client.ts";
import { repositoryIn } from "../github/repository.ts";
import { listSecrets } from "../github/secrets.ts";
import { resourceName } from "../plan/preview.ts";
import {
  gitHubTime,
  judgeSecrets,
  type KnownSecret,
  type LiveSecret,
  type OverwrittenSecret,
} from "../plan/secretDrift.ts";
import { asFailure } from "../release/failure.ts";
import type { DriverContext } from "./context.ts";
import { engineText } from "./engine.ts";
import type { Difference } from "./messages.ts";
import type { Target } from "./ports.ts";
import { StackFile } from "./stackFile.ts";
import type { KeptResource } from "./stackState.ts";
import { variablesOf } from "./telling.ts";

const secretTypes = [
  "github:index/actionsSecret:ActionsSecret",
  "github:index/actionsEnvironmentSecret:ActionsEnvironmentSecret",
];

/** Whether a resource is an Actions secret. */
export const isActionsSecret = (type: string): boolean => secretTypes.includes(type);

/** Where the configuration has the token of the stack's own provider. */
const tokenKey = "github:token";

/** Milliseconds that one request waits for a rate limit. */
const patience = 30_000;

const textIn = (outputs: Readonly<Record<string, unknown>>, key: string): string | undefined => {
  const value = outputs[key];
  return typeof value === "string" && value !== "" ? value : undefined;
};

/** The Actions secrets in a stack's state. */
function knownSecrets(resources: readonly KeptResource[]): KnownSecret[] {
  return resources.flatMap(({ urn, type, outputs }) => {
    if (!isActionsSecret(type)) return [];
    const name = textIn(outputs, "secretName");
    // A refresh that was accepted moves `remoteUpdatedAt` only.
    const seen = gitHubTime(textIn(outputs, "remoteUpdatedAt") ?? textIn(outputs, "updatedAt") ?? "");
    return name === undefined || seen === undefined
      ? []
      : [{ urn, name, environment: textIn(outputs, "environment"), seen }];
  });
}

/**
 * Who may see when secrets were written: as whom the stack's own provider acts (`github:token`), where it has somebody of its own. The
 * token that Actions give a job may not.
 */
async function administrator(context: DriverContext, environment: string): Promise<GitHub | undefined> {
  const variables = variablesOf(context);
  if (!new StackFile(context.workDirectory, environment).has(tokenKey))
    return gitHubFrom(variables, patience);
  const token = (await engineText(context, ["config", "get", tokenKey, "--stack", environment])).trim();
  context.secrets.add(token);
  return gitHubFrom({ ...variables, GITHUB_TOKEN: token }, patience);
}

/**
 * Actions secrets that somebody else has written since the stack last did. Nothing where no repository is configured, or there is no
 * token; GitHub that cannot be asked is a warning: what a refresh finds is told all the same.
 */
export async function overwrittenSecrets(
  context: DriverContext,
  { config, name }: Target,
  resources: readonly KeptResource[],
): Promise<OverwrittenSecret[]> {
  const known = knownSecrets(resources);
  if (!config.repository || known.length === 0) return [];
  const repository = repositoryIn(config.repository);
  try {
    const github = await administrator(context, name);
    if (!github) return [];
    const places = [...new Set(known.map(({ environment }) => environment))];
    const listed = await Promise.all(
      places.map(async (environment): Promise<LiveSecret[]> => {
        const secrets = await listSecrets(github, repository, environment);
        return secrets.map(({ name, updatedAt }) => ({
          name,
          environment,
          updated: gitHubTime(updatedAt) ?? 0,
        }));
      }),
    );
    return judgeSecrets(known, listed.flat());
  } catch (thrown) {
    const message = `whether secrets were overwritten at GitHub is not known: ${asFailure(thrown).message}`;
    context.notify({ code: "warning", payload: { message: context.secrets.mask(message) } });
    return [];
  }
}

/** How people are told of it. */
export const describeOverwritten = ({ urn, environment, updated }: OverwrittenSecret): Difference => ({
  where: "github",
  resource: `secret ${resourceName(urn)}`,
  what: `was overwritten outside, ${new Date(updated).toISOString()}${environment === undefined ? ", for every job" : ""}`,
});
