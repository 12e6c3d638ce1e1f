/** The list of a repository's tags. */
import type { Answer, Request } from "../http/exchange.ts";
import type { Router } from "../http/router.ts";
import { refuse } from "./errors.ts";
import { verifyRepositoryName } from "./names.ts";
import type { Store } from "./store.ts";

/** Tags after `last` in the order of their bytes, at most `n`; a Link header names the next page. */
function list(store: Store, request: Request): Answer {
  const name = verifyRepositoryName(request.params.name);
  const repository = store.repositories.get(name);
  if (!repository) throw refuse(404, "NAME_UNKNOWN", `repository name not known to registry: ${name}`);
  const last = request.query.get("last");
  const rest = [...repository.tags.keys()].toSorted().filter((tag) => last === null || tag > last);
  const n = request.query.get("n");
  const tags = n === null ? rest : rest.slice(0, Number(n));
  const end = tags.at(-1);
  const more = tags.length < rest.length && end !== undefined;
  const next = `</v2/${name}/tags/list?n=${n}&last=${encodeURIComponent(end ?? "")}>; rel="next"`;
  return { status: 200, json: { name, tags }, headers: more ? { link: next } : {} };
}

/** Adds GET of `/v2/NAME/tags/list`. */
export function addTags(router: Router, store: Store): void {
  router.on("GET", "/v2/:name+/tags/list", (request) => list(store, request));
}
