import { z } from "zod";
import type { GitHub } from "./client.ts";
import type { Repository } from "./repository.ts";

/** The longest comment that GitHub takes, in characters. */
export const commentLimit = 65_536;

const shape = z.object({ id: z.number(), body: z.string().nullish(), html_url: z.string() });

/** What became of a comment. */
export interface Commented {
  url: string;
  action: "created" | "updated" | "unchanged";
}

/**
 * Writes the one comment that begins with a marker on an issue or a pull request: changed in place, made when there is none.
 * @param marker a comment of HTML, which nobody sees; `body` begins with it
 * @throws Failure as `GitHub.request`
 */
export async function writeComment(
  github: GitHub,
  repository: Repository,
  { number, marker, body }: { number: number; marker: string; body: string },
): Promise<Commented> {
  const comments = "/repos/{owner}/{repo}/issues/{number}/comments";
  for await (const page of github.pages(shape, `GET ${comments}`, { ...repository, number })) {
    const known = page.find((comment) => comment.body?.startsWith(marker));
    if (!known) continue;
    if (known.body === body) return { url: known.html_url, action: "unchanged" };
    const route = "PATCH /repos/{owner}/{repo}/issues/comments/{id}";
    const { html_url: url } = await github.read(shape, route, { ...repository, id: known.id, body });
    return { url, action: "updated" };
  }
  const { html_url: url } = await github.read(shape, `POST ${comments}`, { ...repository, number, body });
  return { url, action: "created" };
}
