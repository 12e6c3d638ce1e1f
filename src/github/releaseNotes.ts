import { z } from "zod";
import type { GitHub } from "./client.ts";
import type { Repository } from "./repository.ts";

/** What was written about a release. */
export interface ReleaseNotes {
  version: string;
  /** Markdown of whoever wrote it. */
  text: string;
}

const shape = z.object({ tag_name: z.string(), body: z.string().nullish(), draft: z.boolean().optional() });

/** Releases beyond these are not asked for. */
const pagesLooked = 3;

/**
 * Notes of the releases after one version up to another, newest first, as GitHub lists them. Empty when it does not know the newer one.
 * @throws Failure as `GitHub.request`
 */
export async function releaseNotes(
  github: GitHub,
  repository: Repository,
  after: string,
  upTo: string,
): Promise<ReleaseNotes[]> {
  const found: ReleaseNotes[] = [];
  let page = 0;
  for await (const releases of github.pages(shape, "GET /repos/{owner}/{repo}/releases", { ...repository })) {
    for (const { tag_name, body, draft } of releases) {
      const version = tag_name.replace(/^v/, "");
      if (version === after) return found;
      if (draft || (found.length === 0 && version !== upTo)) continue;
      found.push({ version, text: body ?? "" });
    }
    page += 1;
    // The older one is not among them: what was found may be more than lies between.
    if (page === pagesLooked) break;
  }
  return found.slice(0, 1);
}
