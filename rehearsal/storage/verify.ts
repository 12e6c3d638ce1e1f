/** Believes a request only if it is signed with the known key, and its body is what was signed. */
import { timingSafeEqual } from "node:crypto";
import type { Request } from "../http/exchange.ts";
import { type AccessKey, chunkSignature, type Signed, sha256, signatureOf } from "./signature.ts";
import { refuse } from "./xml.ts";

/** How far a client's clock may be off, milliseconds; as S3 has it. */
const skew = 15 * 60_000;

const mismatch = () =>
  refuse(
    403,
    "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you provided.",
  );

const same = (a: string, b: string) =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

/** What an Authorization header says. */
interface Authorisation {
  signed: Signed;
  signature: string;
}

const timeOf = (date: string) =>
  Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));

/** @throws Refusal 403 */
export function verifySignature(request: Request, key: AccessKey): Authorisation {
  const { method, path, query } = request;
  const header =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;
  const [, id, scope = "", names = "", signature = ""] =
    header.exec(request.headers.authorization ?? "") ?? [];
  if (id === undefined) throw refuse(403, "AccessDenied", "Access Denied.");
  if (id !== key.id)
    throw refuse(403, "InvalidAccessKeyId", "The Access Key Id you provided does not exist in our records.");
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
  const date = headers["x-amz-date"] ?? "";
  if (!(Math.abs(timeOf(date) - Date.now()) <= skew))
    throw refuse(
      403,
      "RequestTimeTooSkewed",
      "The difference between the request time and the current time is too large.",
    );
  const payloadHash = headers["x-amz-content-sha256"] ?? "";
  const signed: Signed = {
    method,
    path,
    query,
    headers,
    signedHeaders: names.split(";"),
    payloadHash,
    date,
    scope,
  };
  if (!signed.signedHeaders.includes("host") || !same(signatureOf(key, signed), signature)) throw mismatch();
  return { signed, signature };
}

/** The body, if it is what was signed. @throws Refusal 400, 403 */
export async function verifiedBody(
  request: Request,
  key: AccessKey,
  { signed, signature }: Authorisation,
): Promise<Buffer> {
  const body = await request.bytes();
  if (signed.payloadHash === "UNSIGNED-PAYLOAD") return body;
  if (signed.payloadHash === "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
    return pieces(body, key, signed, signature);
  if (sha256(body) !== signed.payloadHash)
    throw refuse(
      400,
      "XAmzContentSHA256Mismatch",
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
  return body;
}

/** `<size in hex>;chunk-signature=<signature>\r\n<data>\r\n`, the last of size 0. */
function pieces(body: Buffer, key: AccessKey, signed: Signed, first: string): Buffer {
  const found: Buffer[] = [];
  let before = first;
  for (let at = 0; ; ) {
    const end = body.indexOf("\r\n", at);
    const [, size, signature] =
      /^([0-9a-f]+);chunk-signature=([0-9a-f]{64})$/.exec(body.subarray(at, end).toString()) ?? [];
    if (end < 0 || size === undefined || signature === undefined)
      throw refuse(400, "IncompleteBody", "The body is not made of signed pieces.");
    const chunk = body.subarray(end + 2, end + 2 + Number.parseInt(size, 16));
    before = chunkSignature(key, signed, before, chunk);
    if (!same(before, signature)) throw mismatch();
    if (chunk.length === 0) return Buffer.concat(found);
    found.push(chunk);
    at = end + 2 + chunk.length + 2;
  }
}
