/** AWS signature version 4. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
import { createHash, createHmac } from "node:crypto";

export interface AccessKey {
  id: string;
  secret: string;
}

/** What is signed of a request. */
export interface Signed {
  method: string;
  /** As it is sent: percent-encoded. */
  path: string;
  query: URLSearchParams;
  headers: Readonly<Record<string, string>>;
  /** Names of the headers that are signed, lower case. */
  signedHeaders: readonly string[];
  /** What `x-amz-content-sha256` says. */
  payloadHash: string;
  /** `20260101T000000Z` */
  date: string;
  /** `20260101/us-east-1/s3/aws4_request` */
  scope: string;
}

export const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");

const hmac = (key: string | Buffer, data: string) => createHmac("sha256", key).update(data).digest();

/** As AWS encodes: everything but unreserved characters. */
const encode = (text: string) =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`,
  );

const canonicalQuery = (query: URLSearchParams) =>
  [...query]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join("&");

/** The key that signs on one day, in one place. */
export function signingKey({ secret }: AccessKey, scope: string): Buffer {
  const [day = "", region = "", service = "", end = ""] = scope.split("/");
  return [region, service, end].reduce<Buffer>((key, part) => hmac(key, part), hmac(`AWS4${secret}`, day));
}

/** The signature of a request, 64 hexadecimal digits. */
export function signatureOf(key: AccessKey, signed: Signed): string {
  const request = [
    signed.method,
    signed.path,
    canonicalQuery(signed.query),
    ...signed.signedHeaders.map((name) => `${name}:${(signed.headers[name] ?? "").trim()}`),
    "",
    signed.signedHeaders.join(";"),
    signed.payloadHash,
  ].join("\n");
  const text = ["AWS4-HMAC-SHA256", signed.date, signed.scope, sha256(request)].join("\n");
  return hmac(signingKey(key, signed.scope), text).toString("hex");
}

/** The signature of one piece of a body that is sent in signed pieces. @param before signature of the piece before, at first of the request */
export function chunkSignature(
  key: AccessKey,
  { date, scope }: Pick<Signed, "date" | "scope">,
  before: string,
  chunk: Uint8Array,
): string {
  const text = ["AWS4-HMAC-SHA256-PAYLOAD", date, scope, before, sha256(""), sha256(chunk)].join("\n");
  return hmac(signingKey(key, scope), text).toString("hex");
}
