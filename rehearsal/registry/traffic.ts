/** The request log read as a registry's: who moved what, in which repository. */
import type { LoggedRequest } from "../http/request-log.ts";

export type TrafficKind =
  /** Tokens, and answers that ask for one. */
  | "authentication"
  /** A blob was taken over from another repository; nothing was sent. */
  | "mount"
  /** The beginning of an upload, or bytes of one. */
  | "upload"
  /** A blob's bytes. */
  | "blob"
  /** Whether a blob is there. */
  | "blobHead"
  | "manifest"
  | "manifestHead"
  | "manifestPut"
  | "tags"
  | "other";

export interface Traffic {
  kind: TrafficKind;
  /** Empty where it concerns none. */
  repository: string;
  /** Tag or digest; empty where there is none. */
  reference: string;
  request: LoggedRequest;
}

const kinds: readonly (readonly [RegExp, TrafficKind])[] = [
  [/^\w+ blobs\/uploads\//, "upload"],
  [/^GET blobs\//, "blob"],
  [/^HEAD blobs\//, "blobHead"],
  [/^GET manifests\//, "manifest"],
  [/^HEAD manifests\//, "manifestHead"],
  [/^PUT manifests\//, "manifestPut"],
  [/^GET tags\/list/, "tags"],
];

function kindOf({ method, path, status }: LoggedRequest, rest: string): TrafficKind {
  if (status === 401 || path.startsWith("/token")) return "authentication";
  // 202 instead of 201: nothing was there to be mounted, and an upload began.
  if (method === "POST" && status === 201 && /[?&]mount=/.test(path)) return "mount";
  return kinds.find(([pattern]) => pattern.test(`${method} ${rest}`))?.[1] ?? "other";
}

/** What requests were about. */
export const trafficOf = (requests: readonly LoggedRequest[]): Traffic[] =>
  requests.map((request) => {
    const [, repository = "", rest = ""] =
      /^\/v2\/(.+?)\/((?:manifests|blobs|tags|referrers)\/.*)$/.exec(request.path) ?? [];
    const [reference = ""] = rest
      .replace(/^(?:blobs\/uploads|manifests|blobs|tags\/list|referrers)\/?/, "")
      .split("?");
    return { kind: kindOf(request, rest), repository, reference, request };
  });
