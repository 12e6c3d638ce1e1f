/** Actions secrets of a repository or an environment. They can be written, but never read back. */
import { z } from "zod";
import type { Answer, Request } from "../http/exchange.ts";
import type { Router } from "../http/router.ts";
import { bodyOf, done, found, ok, page, refuse } from "./api.ts";
import type { Hub, Secret, Vault } from "./hub.ts";
import { verifyLength, verifyName } from "./names.ts";
import { open } from "./sealed-box.ts";

const schema = z.object({ encrypted_value: z.base64().min(1), key_id: z.string().min(1) });

const view = ({ name, created_at, updated_at }: Secret) => ({ name, created_at, updated_at });

function openFor(vault: Vault, key: string, sealed: string): string {
  if (key !== vault.keyId) throw refuse(422, "The key_id is not that of the current public key.");
  const value = open(Buffer.from(sealed, "base64"), vault.keys);
  if (!value)
    throw refuse(422, "The encrypted_value could not be decrypted: was it sealed with the public key?");
  return verifyLength("Secret", value.toString());
}

/** 201 for a new secret, 204 for a changed one. */
async function put(hub: Hub, vault: Vault, request: Request): Promise<Answer> {
  const name = verifyName("Secret", request.params.name ?? "");
  const { encrypted_value, key_id } = await bodyOf(request, schema);
  const value = openFor(vault, key_id, encrypted_value);
  const before = vault.secrets.get(name);
  const at = hub.now(before?.updated_at);
  vault.secrets.set(name, { name, value, created_at: before?.created_at ?? at, updated_at: at });
  return before ? done : { status: 201, json: {} };
}

/** Adds secrets below `path`, in the vault that the request means. */
export function addSecrets(
  router: Router,
  hub: Hub,
  path: string,
  vaultOf: (request: Request) => Vault,
): void {
  const one = `${path}/:name`;
  const nameOf = (request: Request) => (request.params.name ?? "").toUpperCase();
  router
    .on("GET", path, (request) =>
      page(request, [...vaultOf(request).secrets.values()].map(view), (secrets, total_count) => ({
        total_count,
        secrets,
      })),
    )
    .on("GET", `${path}/public-key`, (request) => {
      const { keyId, keys } = vaultOf(request);
      return ok({ key_id: keyId, key: Buffer.from(keys.publicKey).toString("base64") });
    })
    .on("GET", one, (request) => ok(view(found(vaultOf(request).secrets, nameOf(request)))))
    .on("PUT", one, (request) => put(hub, vaultOf(request), request))
    .on("DELETE", one, (request) => {
      const { secrets } = vaultOf(request);
      secrets.delete(found(secrets, nameOf(request)).name);
      return done;
    });
}
