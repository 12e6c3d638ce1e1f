import { Failure } from "../release/failure.ts";
import type { Credentials } from "./credentials.ts";
import { credentialsFromDocker } from "./dockerConfig.ts";

/** Where credentials are looked for; defaults: this process's environment. */
export interface CredentialSources {
  /** From the stack's configuration, `liftlock:registry`. */
  given?: readonly Credentials[];
  environment?: Readonly<Record<string, string | undefined>>;
}

const defaultServer = "ghcr.io";

/**
 * `LIFTLOCK_REGISTRY_USERNAME` and `LIFTLOCK_REGISTRY_TOKEN`. They are for one registry only, `LIFTLOCK_REGISTRY_SERVER` (default
 * `ghcr.io`): a release that names another registry must not be able to have them sent there.
 */
function fromEnvironment(
  registry: string,
  environment: Readonly<Record<string, string | undefined>>,
): Credentials | undefined {
  const username = environment["LIFTLOCK_REGISTRY_USERNAME"];
  const token = environment["LIFTLOCK_REGISTRY_TOKEN"];
  const server = environment["LIFTLOCK_REGISTRY_SERVER"] || defaultServer;
  if (!token || server !== registry) return undefined;
  if (!username)
    throw new Failure({
      code: "RegistryUnavailable",
      message: "expected LIFTLOCK_REGISTRY_USERNAME beside LIFTLOCK_REGISTRY_TOKEN, it is not set",
      hint: "export LIFTLOCK_REGISTRY_USERNAME=<login>",
      fault: "user",
    });
  return { server, username, token };
}

/**
 * Credentials for a registry: those given, else the environment's, else Docker's (its configuration file, or the credential
 * helper that it names). `undefined` when there are none: the registry is asked as nobody.
 * @throws Failure `RegistryUnavailable` when half of them is set, Docker's file cannot be read, or a helper fails
 */
export async function findCredentials(
  registry: string,
  { given = [], environment = process.env }: CredentialSources = {},
): Promise<Credentials | undefined> {
  return (
    given.find(({ server }) => server === registry) ??
    fromEnvironment(registry, environment) ??
    (await credentialsFromDocker(registry, environment))
  );
}
