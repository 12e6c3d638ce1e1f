import type { GitHubOptions } from "../../rehearsal/github/server.ts";
import { type GitHub, openGitHub } from "../../src/github/client.ts";
import { type Asked, start } from "../rehearsal/github/asking.ts";

/** An imitated GitHub, and our client of it. */
export interface Scene extends Asked {
  github: GitHub;
}

export const repository = { owner: "example", repo: "shop" };

export async function scene(options: Partial<GitHubOptions> = {}, patience = 5_000): Promise<Scene> {
  const asked = await start(options);
  return { ...asked, github: openGitHub({ url: `${asked.url}/api/v3`, token: "ghp_x", patience }) };
}
