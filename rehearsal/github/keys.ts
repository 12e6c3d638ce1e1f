/** Deploy keys: made and deleted, never changed. */
import { z } from "zod";
import type { Answer, Request } from "../http/exchange.ts";
import type { Router } from "../http/router.ts";
import { bodyOf, done, found, ok, page, refuse, repositoryPaths, verifyRepository } from "./api.ts";
import type { DeployKey, Hub } from "./hub.ts";

const schema = z.object({
  title: z.string().default(""),
  key: z.string(),
  read_only: z.boolean().default(false),
});

/** Type and key, without the comment: GitHub keeps no more of it. Throws 422 for what is no public key. */
function bare(key: string): string {
  const kept = /^((?:ssh-(?:rsa|ed25519)|ecdsa-sha2-\S+|sk-\S+) [A-Za-z0-9+/]+={0,2})(?: .*)?$/.exec(
    key.trim(),
  )?.[1];
  if (kept === undefined)
    throw refuse(
      422,
      "Validation Failed: key is invalid. You must supply a key in OpenSSH public key format",
    );
  return kept;
}

async function create(hub: Hub, request: Request): Promise<Answer> {
  verifyRepository(hub, request);
  const { title, key, read_only } = await bodyOf(request, schema);
  const kept = bare(key);
  if ([...hub.keys.values()].some((known) => known.key === kept))
    throw refuse(422, "Validation Failed: key is already in use");
  const made: DeployKey = {
    id: hub.nextId(),
    key: kept,
    title,
    read_only,
    verified: true,
    enabled: true,
    created_at: hub.now(),
  };
  hub.keys.set(made.id, made);
  return { status: 201, json: made };
}

/** Adds `…/keys`. */
export function addKeys(router: Router, hub: Hub): void {
  for (const root of repositoryPaths) {
    const known = (request: Request) => {
      verifyRepository(hub, request);
      return found(hub.keys, Number(request.params.key));
    };
    router
      .on("GET", `${root}/keys`, (request) => {
        verifyRepository(hub, request);
        return page(request, [...hub.keys.values()], (shown) => shown);
      })
      .on("POST", `${root}/keys`, (request) => create(hub, request))
      .on("GET", `${root}/keys/:key`, (request) => ok(known(request)))
      .on("DELETE", `${root}/keys/:key`, (request) => {
        hub.keys.delete(known(request).id);
        return done;
      });
  }
}
