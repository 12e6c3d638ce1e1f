/** An object storage that behaves as S3 does, as far as restic asks for; see SPEC.md. */
import { createHash } from "node:crypto";
import type { Faults } from "../faults/faults.ts";
import type { Answer, Request } from "../http/exchange.ts";
import type { RequestLog } from "../http/request-log.ts";
import { Router } from "../http/router.ts";
import { startHttp } from "../http/server.ts";
import type { Bucket, StoredObject } from "./bucket.ts";
import { etag, list } from "./list.ts";
import type { AccessKey } from "./signature.ts";
import { verifiedBody, verifySignature } from "./verify.ts";
import { document, element, refuse } from "./xml.ts";

export interface StorageOptions {
  faults: Faults;
  key: AccessKey;
  /** Address of this machine; default `127.0.0.1`. */
  address?: string;
  /** Default 0: any free port. */
  port?: number;
  /** With it, HTTPS is spoken, and nothing else; PEM. */
  tls?: { key: string; certificate: string } | undefined;
}

export interface Storage {
  /** `http://address:port`, or `https://…`. */
  url: string;
  requests: RequestLog;
  /** What is stored: a test may take an object away, or change it. */
  buckets: Map<string, Bucket>;
  close(): Promise<void>;
}

/** The part that `Range: bytes=first-last` asks for, also without one of the two; nothing for the whole. */
function rangeOf(header: string | undefined, size: number): { first: number; last: number } | undefined {
  const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (from === "" && to === "") return undefined;
  const first = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === "" || to === "" ? size - 1 : Math.min(Number(to), size - 1);
  if (first > last) throw refuse(416, "InvalidRange", "The requested range is not satisfiable");
  return { first, last };
}

class Objects {
  readonly buckets = new Map<string, Bucket>();

  bucket({ params }: Request): Bucket {
    const found = this.buckets.get(params["bucket"] ?? "");
    if (!found) throw refuse(404, "NoSuchBucket", "The specified bucket does not exist");
    return found;
  }

  object(request: Request): StoredObject {
    const found = this.bucket(request).get(request.params["key"] ?? "");
    if (!found) throw refuse(404, "NoSuchKey", "The specified key does not exist.");
    return found;
  }

  get(request: Request): Answer {
    const { bytes, modified } = this.object(request);
    const headers = {
      etag: etag(bytes),
      "last-modified": modified.toUTCString(),
      "accept-ranges": "bytes",
      "content-type": "application/octet-stream",
    };
    const range = rangeOf(request.headers.range, bytes.length);
    if (!range) return { status: 200, bytes, headers };
    const { first, last } = range;
    const part = { ...headers, "content-range": `bytes ${first}-${last}/${bytes.length}` };
    return { status: 206, bytes: bytes.subarray(first, last + 1), headers: part };
  }

  put(request: Request, bytes: Buffer): Answer {
    const { "content-md5": md5 } = request.headers;
    if (md5 !== undefined && md5 !== createHash("md5").update(bytes).digest("base64"))
      throw refuse(400, "BadDigest", "The Content-MD5 you specified did not match what we received.");
    this.bucket(request).set(request.params["key"] ?? "", { bytes, modified: new Date() });
    return { status: 200, headers: { etag: etag(bytes) } };
  }

  /** Deleting what is not there succeeds, as with S3. */
  remove(request: Request): Answer {
    this.bucket(request).delete(request.params["key"] ?? "");
    return { status: 204 };
  }

  look(request: Request): Answer {
    const { query, params } = request;
    const bucket = this.bucket(request);
    if (query.has("location")) return document(200, element("LocationConstraint", ""));
    const unknown = ["uploads", "versions", "policy", "acl", "object-lock", "versioning"].find((name) =>
      query.has(name),
    );
    if (unknown !== undefined)
      throw refuse(501, "NotImplemented", `the rehearsal's storage has no ?${unknown}`);
    return list(params["bucket"] ?? "", bucket, query);
  }

  make({ params }: Request): Answer {
    const name = params["bucket"] ?? "";
    if (this.buckets.has(name))
      throw refuse(
        409,
        "BucketAlreadyOwnedByYou",
        "Your previous request to create the named bucket succeeded.",
      );
    this.buckets.set(name, new Map());
    return { status: 200, headers: { location: `/${name}` } };
  }
}

/** Starts a storage; rejects with Node's error when the address cannot be listened on. */
export async function startStorage({ faults, key, address, port, tls }: StorageOptions): Promise<Storage> {
  const objects = new Objects();
  const router = new Router();
  const object = "/:bucket/:key+";
  // Every request is proven before anything is done; what a body says only once all of it is there.
  const on = (method: string, pattern: string, act: (request: Request, body: Buffer) => Answer) =>
    router.on(method, pattern, async (request) => {
      const authorisation = verifySignature(request, key);
      return act(request, await verifiedBody(request, key, authorisation));
    });
  for (const bucket of ["/:bucket", "/:bucket/"]) {
    on("HEAD", bucket, (request) => {
      objects.bucket(request);
      return { status: 200 };
    });
    on("GET", bucket, (request) => objects.look(request));
    on("PUT", bucket, (request) => objects.make(request));
  }
  on("HEAD", object, (request) => objects.get(request));
  on("GET", object, (request) => objects.get(request));
  on("PUT", object, (request, body) => objects.put(request, body));
  on("DELETE", object, (request) => objects.remove(request));
  const server = await startHttp({
    part: "storage",
    faults,
    router,
    tls,
    ...(address === undefined ? {} : { address }),
    ...(port === undefined ? {} : { port }),
  });
  return {
    url: server.url,
    requests: server.requests,
    buckets: objects.buckets,
    close: () => server.close(),
  };
}
