import { execFile } from "node:child_process";
import { z } from "zod";
import { Failure } from "../release/failure.ts";
import type { Credentials } from "./credentials.ts";
import { parseJson } from "./json.ts";

/** Milliseconds a helper may take; some ask a person or a cloud. */
const timeout = 10_000;

const answerSchema = z.object({ Username: z.string().min(1), Secret: z.string().min(1) });

/** What helpers print, with exit code 1, when they have nothing for a registry (docker-credential-helpers, `credentials/error.go`). */
const nothing = "credentials not found in native keychain";

/** What helpers put for the user name when the secret is an identity token for OAuth2, which no registry token endpoint here takes. */
const identityToken = "<token>";

interface Ran {
  problem?: string;
  stdout: string;
}

function run(
  program: string,
  input: string,
  environment: Readonly<Record<string, string | undefined>>,
  limit: number,
): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(
      program,
      ["get"],
      { env: environment, timeout: limit, killSignal: "SIGKILL", maxBuffer: 64 * 1024, encoding: "utf8" },
      (error, stdout) => {
        if (!error) return resolve({ stdout });
        const ended = error.killed ? `it took longer than ${limit / 1000} s` : `it ended with ${error.code}`;
        // Its output is not repeated: it may hold a secret.
        resolve({ problem: error.code === "ENOENT" ? "it is not on the PATH" : ended, stdout });
      },
    );
    // A helper that ends without reading must not take this process with it.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });
}

/**
 * Asks one of Docker's credential helpers, `docker-credential-<name> get`, for a registry's credentials.
 * @param limit milliseconds; default 10 s
 * @returns `undefined` when it has none
 * @throws Failure `RegistryUnavailable` when it is missing, fails, takes too long or answers something else
 */
export async function askHelper(
  name: string,
  registry: string,
  environment: Readonly<Record<string, string | undefined>>,
  limit: number = timeout,
): Promise<Credentials | undefined> {
  const failed = (problem: string) =>
    new Failure({
      code: "RegistryUnavailable",
      message: `expected docker-credential-${name} to give the credentials for ${registry}: ${problem}`,
      hint: "Set liftlock:registry in the stack's configuration, or mend Docker's configuration.",
      fault: "user",
    });
  // The name becomes part of a program's name: a path must not be among what can be run.
  if (!/^[A-Za-z0-9._-]+$/.test(name)) throw failed("its name is not one");
  const { problem, stdout } = await run(`docker-credential-${name}`, `${registry}\n`, environment, limit);
  if (problem !== undefined) {
    if (stdout.includes(nothing)) return undefined;
    throw failed(problem);
  }
  const answer = answerSchema.safeParse(parseJson(stdout));
  if (!answer.success) throw failed("it answered something else than a user name and a secret");
  if (answer.data.Username === identityToken)
    throw failed("it answered an identity token, which is not supported");
  return { server: registry, username: answer.data.Username, token: answer.data.Secret };
}
