/** Blobs: configurations and layers. */
import type { Answer, Request } from "../http/exchange.ts";
import type { Router } from "../http/router.ts";
import { refuse } from "./errors.ts";
import { verifyDigest, verifyRepositoryName } from "./names.ts";
import type { Store } from "./store.ts";

function find(store: Store, request: Request) {
  const name = verifyRepositoryName(request.params.name);
  const digest = verifyDigest(request.params.digest);
  const bytes = store.blob(name, digest);
  if (!bytes) throw refuse(404, "BLOB_UNKNOWN", `blob unknown to registry: ${name} has no ${digest}`);
  return { name, digest, bytes };
}

/** The part of a blob that `Range: bytes=first-last` asks for; undefined for a whole blob. */
function rangeOf(header: string | undefined, size: number): { first: number; last: number } | undefined {
  const range = /^bytes=(\d+)-(\d*)$/.exec(header ?? "");
  if (!range) return undefined;
  const first = Number(range[1]);
  const last = Math.min(range[2] ? Number(range[2]) : size - 1, size - 1);
  if (first > last) {
    throw refuse(416, "UNSUPPORTED", `no such range in ${size} bytes`, {
      "content-range": `bytes */${size}`,
    });
  }
  return { first, last };
}

function get(store: Store, request: Request): Answer {
  const { digest, bytes } = find(store, request);
  const headers = { "docker-content-digest": digest, "accept-ranges": "bytes" };
  const range = rangeOf(request.headers.range, bytes.length);
  if (!range) return { status: 200, bytes, headers };
  const { first, last } = range;
  const part = { ...headers, "content-range": `bytes ${first}-${last}/${bytes.length}` };
  return { status: 206, bytes: bytes.subarray(first, last + 1), headers: part };
}

function remove(store: Store, request: Request): Answer {
  const { name, digest } = find(store, request);
  store.removeBlob(name, digest);
  return { status: 202 };
}

/** Adds HEAD, GET (also of a range) and DELETE of `/v2/NAME/blobs/DIGEST`. */
export function addBlobs(router: Router, store: Store): void {
  const path = "/v2/:name+/blobs/:digest";
  router
    .on("HEAD", path, (request) => get(store, request))
    .on("GET", path, (request) => get(store, request))
    .on("DELETE", path, (request) => remove(store, request));
}
