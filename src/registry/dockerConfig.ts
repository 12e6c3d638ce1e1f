import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { Failure } from "../release/failure.ts";
import { askHelper } from "./credentialHelper.ts";
import type { Credentials } from "./credentials.ts";
import { parseJson } from "./json.ts";

/** What is read of Docker's client configuration; it has more keys. */
const configSchema = z.object({
  auths: z.record(z.string(), z.object({ auth: z.string().optional() })).default({}),
  credHelpers: z.record(z.string(), z.string()).default({}),
  credsStore: z.string().optional(),
});

/** The names under which Docker's tools keep a registry. */
const namesOf = (registry: string): string[] => [
  registry,
  `https://${registry}`,
  `https://${registry}/`,
  `https://${registry}/v1/`,
  `https://${registry}/v2/`,
  `http://${registry}`,
];

function found<T>(entries: Readonly<Record<string, T>>, registry: string): T | undefined {
  const name = namesOf(registry).find((candidate) => Object.hasOwn(entries, candidate));
  return name === undefined ? undefined : entries[name];
}

async function readConfig(path: string): Promise<z.output<typeof configSchema> | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && (cause.code === "ENOENT" || cause.code === "ENOTDIR"))
      return undefined;
    throw unreadable(path, "it cannot be read", cause);
  }
  const parsed = configSchema.safeParse(parseJson(text));
  if (!parsed.success) throw unreadable(path, "it is not of Docker's form", undefined);
  return parsed.data;
}

const unreadable = (path: string, problem: string, cause: unknown) =>
  new Failure({
    code: "RegistryUnavailable",
    message: `expected Docker's configuration at ${path}: ${problem}`,
    hint: "Set liftlock:registry in the stack's configuration, or mend the file.",
    cause,
    fault: "user",
  });

/**
 * What `docker login` left: `auths` in `$DOCKER_CONFIG/config.json` (default `~/.docker/config.json`), else the helper that
 * `credHelpers` names for this registry, else that of `credsStore`.
 * @throws Failure `RegistryUnavailable` when the file cannot be read or the helper fails
 */
export async function credentialsFromDocker(
  registry: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Credentials | undefined> {
  const directory = environment["DOCKER_CONFIG"] || join(environment["HOME"] || homedir(), ".docker");
  const config = await readConfig(join(directory, "config.json"));
  if (!config) return undefined;
  const auth = found(config.auths, registry)?.auth;
  if (auth) {
    const [username = "", ...rest] = Buffer.from(auth, "base64").toString("utf8").split(":");
    const token = rest.join(":").replace(/\0+$/, "");
    if (username !== "" && token !== "") return { server: registry, username, token };
  }
  const helper = found(config.credHelpers, registry) ?? config.credsStore;
  return helper === undefined ? undefined : askHelper(helper, registry, environment);
}
