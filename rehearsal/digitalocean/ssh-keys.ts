/** The account itself and its SSH keys. */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { Answer, Request } from "../http/exchange.ts";
import type { Router } from "../http/router.ts";
import { bodyOf, gone, notFound, ok, page, unprocessable } from "./api.ts";
import type { Cloud } from "./cloud.ts";
import type { SshKey } from "./model.ts";

const createSchema = z.object({ name: z.string().min(1), public_key: z.string() });
const renameSchema = z.object({ name: z.string().min(1) });

/** The MD5 fingerprint of an OpenSSH public key (RFC 4716), which the API identifies keys by; throws 422 for other texts. */
export function fingerprintOf(publicKey: string): string {
  const [type, base64] = publicKey.trim().split(/\s+/);
  const blob = Buffer.from(base64 ?? "", "base64");
  const named = blob.length > 4 ? blob.subarray(4, 4 + blob.readUInt32BE(0)).toString() : "";
  if (named === "" || named !== type) {
    throw unprocessable("Key invalid, key should be of the format `type key [comment]`");
  }
  return createHash("md5")
    .update(blob)
    .digest("hex")
    .replaceAll(/(..)(?=.)/g, "$1:");
}

/** The key with this number or fingerprint. */
export function findKey(cloud: Cloud, identifier: string | number): SshKey | undefined {
  const byNumber = cloud.keys.get(Number(identifier));
  return byNumber ?? [...cloud.keys.values()].find(({ fingerprint }) => fingerprint === identifier);
}

async function create(cloud: Cloud, request: Request): Promise<Answer> {
  const { name, public_key } = await bodyOf(request, createSchema);
  const fingerprint = fingerprintOf(public_key);
  if (findKey(cloud, fingerprint)) throw unprocessable("SSH Key is already in use on your account");
  const key: SshKey = { id: cloud.nextId(), name, public_key, fingerprint };
  cloud.keys.set(key.id, key);
  return { status: 201, json: { ssh_key: key } };
}

function key(cloud: Cloud, request: Request): SshKey {
  const known = findKey(cloud, request.params.id ?? "");
  if (!known) throw notFound();
  return known;
}

const account = (cloud: Cloud) => ({
  droplet_limit: cloud.options.dropletLimit,
  floating_ip_limit: 3,
  reserved_ip_limit: 3,
  volume_limit: 100,
  email: "rehearsal@example.com",
  name: "Rehearsal",
  uuid: "00000000-0000-4000-8000-000000000001",
  email_verified: true,
  status: "active",
  status_message: "",
  team: { uuid: "00000000-0000-4000-8000-000000000002", name: "Rehearsal" },
});

/** Adds `/v2/account` and `/v2/account/keys`. */
export function addSshKeys(router: Router, cloud: Cloud): void {
  const one = "/v2/account/keys/:id";
  router
    .on("GET", "/v2/account", () => ok({ account: account(cloud) }))
    .on("POST", "/v2/account/keys", (request) => create(cloud, request))
    .on("GET", "/v2/account/keys", (request) => page(request, "ssh_keys", [...cloud.keys.values()]))
    .on("GET", one, (request) => ok({ ssh_key: key(cloud, request) }))
    .on("PUT", one, async (request) => {
      const known = key(cloud, request);
      known.name = (await bodyOf(request, renameSchema)).name;
      return ok({ ssh_key: known });
    })
    .on("DELETE", one, (request) => {
      cloud.keys.delete(key(cloud, request).id);
      return gone;
    });
}
