import { z } from "zod";
import type { GitHub } from "./client.ts";
import type { Repository } from "./repository.ts";

/** An Actions secret as GitHub lists it: never its value. */
export interface ListedSecret {
  name: string;
  /** ISO 8601. */
  updatedAt: string;
}

const shape = z
  .object({ name: z.string(), updated_at: z.string() })
  .transform(({ name, updated_at }) => ({ name, updatedAt: updated_at }));

/**
 * The Actions secrets of a repository, or of one of its environments; none where there is no such environment.
 * @throws Failure as `GitHub.request`
 */
export async function listSecrets(
  github: GitHub,
  repository: Repository,
  environment?: string,
): Promise<ListedSecret[]> {
  const [route, asked] =
    environment === undefined
      ? ["GET /repos/{owner}/{repo}/actions/secrets", repository]
      : ["GET /repos/{owner}/{repo}/environments/{environment}/secrets", { ...repository, environment }];
  if (environment !== undefined) {
    const at = "GET /repos/{owner}/{repo}/environments/{environment}";
    if ((await github.find(z.unknown(), at, { ...repository, environment })) === undefined) return [];
  }
  const found: ListedSecret[] = [];
  for await (const page of github.pages(shape, route, { ...asked })) found.push(...page);
  return found;
}
