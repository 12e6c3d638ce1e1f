import type { Answer, RegistryClient } from "./client.ts";
import { parseJson } from "./json.ts";
import { registryLimits } from "./limits.ts";
import { saidOf } from "./refusals.ts";

/** The repository whose tags are listed. */
interface Listed {
  readonly name: string;
  readonly client: RegistryClient;
  ask(request: { method: "GET"; path: string | URL; refusable: true }): Promise<Answer>;
}

/** The next page of a list of this repository's tags (RFC 8288); `undefined` for any other address. */
function nextPage({ name, client }: Listed, link: string): URL | undefined {
  const target = /<([^>]+)>\s*;[^,]*\brel="?next"?/.exec(link)?.[1];
  const list = client.url(`${name}/tags/list`);
  if (target === undefined || !URL.canParse(target, list.href)) return undefined;
  const url = new URL(target, list);
  return url.origin === list.origin && url.pathname === list.pathname ? url : undefined;
}

/**
 * All tags of a repository, page by page; none where nothing was ever pushed.
 * @returns `undefined` where the registry does not say, or they are too many
 * @throws Failure `RegistryUnavailable`
 */
export async function listTags(repository: Listed): Promise<ReadonlySet<string> | undefined> {
  const all = new Set<string>();
  let path: string | URL = `tags/list?n=${registryLimits.tags}`;
  for (let page = 0; page < registryLimits.tagPages; page++) {
    const answer = await repository.ask({ method: "GET", path, refusable: true });
    if (page === 0 && answer.status === 404 && saidOf(answer).startsWith("404 NAME_UNKNOWN")) return all;
    const value = parseJson(answer.body) as { tags?: unknown } | undefined;
    // Some say null where there are none.
    const tags = value?.tags === null ? [] : value?.tags;
    if (answer.status !== 200 || !Array.isArray(tags)) return undefined;
    for (const tag of tags) if (typeof tag === "string") all.add(tag);
    const link = answer.headers.get("link");
    if (link === null) return all;
    const next = nextPage(repository, link);
    if (!next) return undefined;
    path = next;
  }
  return undefined;
}
