import { readApplication } from "../../stacks/application.ts";
import { type Environment, parseEnvironment } from "../../stacks/environments.ts";
import { mapRelease } from "../registry/mapping.ts";
import { Failure } from "../release/failure.ts";
import type { DriverContext } from "./context.ts";
import { mappingInto } from "./images.ts";
import type { Input } from "./ports.ts";
import { StackFile } from "./stackFile.ts";

/** The environments that this checkout can speak of. @throws Failure `StackUnknown` when none has been made */
export function madeEnvironments({
  workspace,
  workDirectory,
}: Pick<DriverContext, "workspace" | "workDirectory">): readonly Environment[] {
  const names = workspace.environments();
  if (names.length > 0) return names;
  throw new Failure({
    code: "StackUnknown",
    message: `expected an environment that has been made; no Pulumi.<environment>.yaml in ${workDirectory} has keys`,
    hint: "liftlock init staging --operators <address ranges that may reach SSH>",
    fault: "user",
  });
}

/** A cloud that needs a token: where it may come from. */
interface TokenSource {
  cloud: string;
  variables: readonly string[];
  key: string;
}

const digitalocean: TokenSource = {
  cloud: "DigitalOcean",
  variables: ["DIGITALOCEAN_TOKEN", "DIGITALOCEAN_ACCESS_TOKEN"],
  key: "digitalocean:token",
};
const github: TokenSource = { cloud: "GitHub", variables: ["GITHUB_TOKEN"], key: "github:token" };

function verifyToken(source: TokenSource, file: StackFile, environment: NodeJS.ProcessEnv): void {
  if (source.variables.some((name) => environment[name]) || file.has(source.key)) return;
  throw new Failure({
    code: "TokenMissing",
    message: `expected a token for ${source.cloud} in ${source.variables[0]} or in ${file.name} (${source.key}), found none`,
    hint: `export ${source.variables[0]}=…`,
    fault: "user",
  });
}

/**
 * Everything about an environment that can be checked without asking anybody: configuration, the application's files and
 * variables, tokens. Comes before the lease and the engine: bad input touches nothing.
 * @throws Failure `StackUnknown`, `ConfigInvalid`, `ComposeInvalid`, `EnvironmentVariables`, `TokenMissing`
 */
export function verifyInput(
  context: Pick<DriverContext, "workDirectory" | "environment">,
  environment: string,
): Input {
  const name = parseEnvironment(environment);
  const file = new StackFile(context.workDirectory, name);
  const config = file.read();
  const compose = readApplication(name, config);
  const variables = { ...process.env, ...context.environment };
  verifyToken(digitalocean, file, variables);
  if (config.repository) verifyToken(github, file, variables);
  const mapping = mappingInto(config);
  return { name, file, config, compose, inTarget: (release) => mapRelease(release, mapping) };
}
