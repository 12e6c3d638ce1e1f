/** Actions variables of a repository or an environment. */
import { z } from "zod";
import type { Answer, Request } from "../http/exchange.ts";
import type { Router } from "../http/router.ts";
import { bodyOf, done, found, ok, page, refuse } from "./api.ts";
import type { Hub, Variable, Vault } from "./hub.ts";
import { verifyLength, verifyName } from "./names.ts";

const createSchema = z.object({ name: z.string(), value: z.string() });
const changeSchema = createSchema.partial();

/** Variables come ten to a page, thirty at most: less than everything else. */
const pageSize = { usual: 10, most: 30 };

async function create(hub: Hub, vault: Vault, request: Request): Promise<Answer> {
  const { name: given, value } = await bodyOf(request, createSchema);
  const name = verifyName("Variable", given);
  if (vault.variables.has(name)) throw refuse(409, "Already exists - Variable already exists");
  const at = hub.now();
  vault.variables.set(name, { name, value: verifyLength("Variable", value), created_at: at, updated_at: at });
  return { status: 201, json: {} };
}

async function change(hub: Hub, vault: Vault, known: Variable, request: Request): Promise<Answer> {
  const { name = known.name, value = known.value } = await bodyOf(request, changeSchema);
  const renamed = verifyName("Variable", name);
  if (renamed !== known.name && vault.variables.has(renamed)) {
    throw refuse(409, "Already exists - Variable already exists");
  }
  vault.variables.delete(known.name);
  const updated_at = hub.now(known.updated_at);
  vault.variables.set(renamed, {
    ...known,
    name: renamed,
    value: verifyLength("Variable", value),
    updated_at,
  });
  return done;
}

/** Adds variables below `path`, in the vault that the request means. */
export function addVariables(
  router: Router,
  hub: Hub,
  path: string,
  vaultOf: (request: Request) => Vault,
): void {
  const one = `${path}/:name`;
  const known = (request: Request) => {
    return found(vaultOf(request).variables, (request.params.name ?? "").toUpperCase());
  };
  router
    .on("GET", path, (request) => {
      const all = [...vaultOf(request).variables.values()];
      return page(request, all, (variables, total_count) => ({ total_count, variables }), pageSize);
    })
    .on("POST", path, (request) => create(hub, vaultOf(request), request))
    .on("GET", one, (request) => ok(known(request)))
    .on("PATCH", one, (request) => change(hub, vaultOf(request), known(request), request))
    .on("DELETE", one, (request) => {
      vaultOf(request).variables.delete(known(request).name);
      return done;
    });
}
