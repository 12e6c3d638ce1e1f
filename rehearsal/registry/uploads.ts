/** Uploads of blobs: at once, in chunks, or by mounting what another repository has. */
import { randomUUID } from "node:crypto";
import type { Answer, Request } from "../http/exchange.ts";
import type { Router } from "../http/router.ts";
import { digestOf } from "../images/digest.ts";
import { refuse } from "./errors.ts";
import { verifyDigest, verifyRepositoryName } from "./names.ts";
import type { Store } from "./store.ts";

interface Upload {
  name: string;
  chunks: Buffer[];
  size: number;
}

/** Uploads under way, by id. */
type Uploads = Map<string, Upload>;

async function append(upload: Upload, request: Request): Promise<void> {
  for await (const chunk of request.stream) {
    const bytes = Buffer.from(chunk as Uint8Array);
    upload.chunks.push(bytes);
    upload.size += bytes.length;
  }
}

function progress(id: string, upload: Upload, status: number): Answer {
  const headers = {
    location: `/v2/${upload.name}/blobs/uploads/${id}`,
    range: `0-${Math.max(upload.size - 1, 0)}`,
    "docker-upload-uuid": id,
  };
  return { status, headers };
}

function created(name: string, digest: string): Answer {
  const headers = { location: `/v2/${name}/blobs/${digest}`, "docker-content-digest": digest };
  return { status: 201, headers };
}

function finish(store: Store, upload: Upload, digest: string): Answer {
  const bytes = Buffer.concat(upload.chunks);
  const found = digestOf(bytes);
  if (found !== digest) {
    throw refuse(400, "DIGEST_INVALID", `provided digest ${digest} is not that of the content, ${found}`);
  }
  store.putBlob(upload.name, bytes);
  return created(upload.name, digest);
}

async function start(store: Store, uploads: Uploads, mounts: boolean, request: Request): Promise<Answer> {
  const name = verifyRepositoryName(request.params.name);
  const { query } = request;
  const mount = query.get("mount");
  const from = query.get("from");
  if (mounts && mount && from && store.mount(verifyRepositoryName(from), name, verifyDigest(mount))) {
    return created(name, mount);
  }
  const upload: Upload = { name, chunks: [], size: 0 };
  const digest = query.get("digest");
  if (digest) {
    await append(upload, request);
    return finish(store, upload, verifyDigest(digest));
  }
  const id = randomUUID();
  uploads.set(id, upload);
  return progress(id, upload, 202);
}

function find(uploads: Uploads, request: Request): { id: string; upload: Upload } {
  const name = verifyRepositoryName(request.params.name);
  const id = request.params.id ?? "";
  const upload = uploads.get(id);
  if (upload?.name !== name) throw refuse(404, "BLOB_UPLOAD_UNKNOWN", `blob upload unknown: ${id}`);
  return { id, upload };
}

async function patch(uploads: Uploads, request: Request): Promise<Answer> {
  const { id, upload } = find(uploads, request);
  const range = request.headers["content-range"];
  const first = range === undefined ? upload.size : Number(/^(?:bytes[ =])?(\d+)-\d+/.exec(range)?.[1]);
  if (first !== upload.size) {
    const { headers } = progress(id, upload, 416);
    throw refuse(416, "BLOB_UPLOAD_INVALID", `expected a chunk from ${upload.size}, got ${range}`, headers);
  }
  await append(upload, request);
  return progress(id, upload, 202);
}

async function put(store: Store, uploads: Uploads, request: Request): Promise<Answer> {
  const { id, upload } = find(uploads, request);
  const digest = verifyDigest(request.query.get("digest"));
  await append(upload, request);
  uploads.delete(id);
  return finish(store, upload, digest);
}

/** Adds everything under `/v2/NAME/blobs/uploads/`. */
export function addUploads(router: Router, store: Store, mounts = true): void {
  const uploads: Uploads = new Map();
  const one = "/v2/:name+/blobs/uploads/:id";
  router
    .on("POST", "/v2/:name+/blobs/uploads/", (request) => start(store, uploads, mounts, request))
    .on("GET", one, (request) => {
      const { id, upload } = find(uploads, request);
      return progress(id, upload, 204);
    })
    .on("PATCH", one, (request) => patch(uploads, request))
    .on("PUT", one, (request) => put(store, uploads, request))
    .on("DELETE", one, (request) => {
      uploads.delete(find(uploads, request).id);
      return { status: 204 };
    });
}
