/** An imitated GitHub for a test, and requests to it. */
import { onTestFinished } from "vitest";
import { Faults } from "../../../rehearsal/faults/faults.ts";
import { seal } from "../../../rehearsal/github/sealed-box.ts";
import { type GitHub, type GitHubOptions, startGitHub } from "../../../rehearsal/github/server.ts";

/** JSON as it came: what is in it is what the tests say. */
type Json = ReturnType<typeof JSON.parse>;

export interface Asked extends GitHub {
  faults: Faults;
  /** Asks with a path below `/api/v3`. */
  ask(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; headers: Headers; body: Json }>;
  /** Seals a value for the vault at this path, as a client would, and puts it there. */
  putSecret(path: string, name: string, value: string): Promise<number>;
}

export const shop = "/repos/example/shop";
export const production = `${shop}/environments/production`;

export async function start(options: Partial<GitHubOptions> = {}): Promise<Asked> {
  const faults = new Faults();
  const github = await startGitHub({
    token: "ghp_x",
    owner: "example",
    repository: "shop",
    faults,
    ...options,
  });
  onTestFinished(() => github.close());
  const ask = async (method: string, path: string, body?: unknown) => {
    const headers = { authorization: "Bearer ghp_x" };
    const given = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await fetch(`${github.url}/api/v3${path}`, {
      method,
      headers,
      redirect: "manual",
      ...given,
    });
    const text = await answer.text();
    return {
      status: answer.status,
      headers: answer.headers,
      body: text === "" ? undefined : JSON.parse(text),
    };
  };
  const putSecret = async (path: string, name: string, value: string) => {
    const { body } = await ask("GET", `${path}/public-key`);
    const sealed = seal(Buffer.from(value), Buffer.from(body.key, "base64"));
    const given = { key_id: body.key_id, encrypted_value: sealed.toString("base64") };
    return (await ask("PUT", `${path}/${name}`, given)).status;
  };
  return { ...github, faults, ask, putSecret };
}

/** The same with an environment `production`. */
export async function withProduction(body: object = {}): Promise<Asked> {
  const github = await start();
  await github.ask("PUT", production, body);
  return github;
}
