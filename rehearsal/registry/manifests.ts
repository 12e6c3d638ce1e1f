/** Manifests: pulled and pushed by tag or digest. */
import { z } from "zod";
import type { Answer, Request } from "../http/exchange.ts";
import type { Router } from "../http/router.ts";
import { digestOf, isDigest } from "../images/digest.ts";
import { refuse } from "./errors.ts";
import { verifyReference, verifyRepositoryName } from "./names.ts";
import { subjectOf } from "./referrers.ts";
import type { Manifest, Store } from "./store.ts";

const descriptor = z.object({ digest: z.string() });
const imageSchema = z.object({
  mediaType: z.string().optional(),
  config: descriptor,
  layers: z.array(descriptor),
});
const indexSchema = z.object({ mediaType: z.string().optional(), manifests: z.array(descriptor) });

/** Media types this registry takes, and what they are: the OCI ones and Docker's of schema 2. */
const kinds = new Map<string, "image" | "index">([
  ["application/vnd.oci.image.manifest.v1+json", "image"],
  ["application/vnd.docker.distribution.manifest.v2+json", "image"],
  ["application/vnd.oci.image.index.v1+json", "index"],
  ["application/vnd.docker.distribution.manifest.list.v2+json", "index"],
]);

/** 4 MiB: the limit that the distribution specification recommends for manifests. */
const maximumBytes = 4 * 1024 * 1024;

interface Parsed {
  mediaType: string | undefined;
  blobs: string[];
  manifests: string[];
}

function parse(kind: "image" | "index", bytes: Buffer): Parsed {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    if (kind === "index") {
      const { mediaType, manifests } = indexSchema.parse(value);
      return { mediaType, blobs: [], manifests: manifests.map(({ digest }) => digest) };
    }
    const { mediaType, config, layers } = imageSchema.parse(value);
    return { mediaType, blobs: [config, ...layers].map(({ digest }) => digest), manifests: [] };
  } catch (cause) {
    throw refuse(400, "MANIFEST_INVALID", `not an ${kind} manifest: ${String(cause)}`);
  }
}

function verifyManifest(store: Store, name: string, mediaType: string, bytes: Buffer): void {
  const kind = kinds.get(mediaType);
  if (!kind) throw refuse(400, "MANIFEST_INVALID", `unknown manifest media type: ${mediaType}`);
  if (bytes.length > maximumBytes) throw refuse(413, "MANIFEST_INVALID", "manifest larger than 4 MiB");
  const parsed = parse(kind, bytes);
  if (parsed.mediaType !== undefined && parsed.mediaType !== mediaType) {
    throw refuse(400, "MANIFEST_INVALID", `Content-Type is ${mediaType}, mediaType is ${parsed.mediaType}`);
  }
  const missing =
    parsed.blobs.find((digest) => !store.blob(name, digest)) ??
    parsed.manifests.find((digest) => !store.manifest(name, digest));
  if (missing)
    throw refuse(404, "MANIFEST_BLOB_UNKNOWN", `the manifest refers to ${missing}, which is not in ${name}`);
}

async function put(store: Store, referrers: boolean, request: Request): Promise<Answer> {
  const name = verifyRepositoryName(request.params.name);
  const reference = verifyReference(request.params.reference);
  const bytes = await request.bytes();
  const digest = digestOf(bytes);
  if (isDigest(reference) && reference !== digest) {
    throw refuse(400, "DIGEST_INVALID", `provided digest ${reference} is not that of the content, ${digest}`);
  }
  const mediaType = (request.headers["content-type"] ?? "").split(";")[0]?.trim() ?? "";
  verifyManifest(store, name, mediaType, bytes);
  store.putManifest(name, { mediaType, bytes }, isDigest(reference) ? undefined : reference);
  const headers = { location: `/v2/${name}/manifests/${digest}`, "docker-content-digest": digest };
  const subject = referrers ? subjectOf(bytes) : undefined;
  return { status: 201, headers: subject === undefined ? headers : { ...headers, "oci-subject": subject } };
}

function accepts(request: Request, mediaType: string): boolean {
  const wanted = request.headers.accept;
  return wanted === undefined || wanted.includes(mediaType) || /\*\/\*|application\/\*/.test(wanted);
}

function find(store: Store, request: Request): { name: string; manifest: Manifest } {
  const name = verifyRepositoryName(request.params.name);
  const reference = verifyReference(request.params.reference);
  const manifest = store.manifest(name, reference);
  if (!manifest) throw refuse(404, "MANIFEST_UNKNOWN", `manifest unknown: ${name} has no ${reference}`);
  return { name, manifest };
}

function get(store: Store, request: Request): Answer {
  const { manifest } = find(store, request);
  const { mediaType, digest, bytes } = manifest;
  if (!accepts(request, mediaType)) {
    throw refuse(404, "MANIFEST_UNKNOWN", `found a ${mediaType}, which the Accept header does not support`);
  }
  return { status: 200, bytes, headers: { "content-type": mediaType, "docker-content-digest": digest } };
}

function remove(store: Store, request: Request): Answer {
  const { name, manifest } = find(store, request);
  const reference = verifyReference(request.params.reference);
  if (isDigest(reference)) store.removeManifest(name, manifest.digest);
  else store.repositories.get(name)?.tags.delete(reference);
  return { status: 202 };
}

/** Adds HEAD, GET, PUT and DELETE of `/v2/NAME/manifests/REFERENCE`. */
export function addManifests(router: Router, store: Store, referrers = false): void {
  const path = "/v2/:name+/manifests/:reference";
  router
    .on("HEAD", path, (request) => get(store, request))
    .on("GET", path, (request) => get(store, request))
    .on("PUT", path, (request) => put(store, referrers, request))
    .on("DELETE", path, (request) => remove(store, request));
}
