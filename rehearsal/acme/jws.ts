/** Requests as authorities want them: signed JSON (RFC 7515 in the form of RFC 8555, section 6.2). */
import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import { z } from "zod";
import { refusal } from "./problems.ts";

const base64url = z.string().regex(/^[A-Za-z0-9_-]*$/);
const envelopeSchema = z.object({ protected: base64url, payload: base64url, signature: base64url });
const headerSchema = z.object({
  alg: z.string(),
  nonce: z.string(),
  url: z.string(),
  kid: z.string().optional(),
  jwk: z.record(z.string(), z.unknown()).optional(),
});

/** A request whose signature has been verified. */
export interface Signed {
  nonce: string;
  url: string;
  /** URL of the account that signed it; absent where a new key came along. */
  account: string | undefined;
  /** The key that signed it. */
  key: KeyObject;
  /** Parsed; `undefined` for "POST as GET". */
  payload: unknown;
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw refusal("malformed", "a part of the request is not JSON");
  }
};

const decode = (text: string) => Buffer.from(text, "base64url");

function keyOf(jwk: Record<string, unknown>): KeyObject {
  try {
    return createPublicKey({ key: jwk, format: "jwk" });
  } catch {
    throw refusal("malformed", "the jwk is no public key");
  }
}

/** ES256 and RS256: what RFC 8555 demands, and what older clients have. */
function isSignedBy(key: KeyObject, alg: string, data: Buffer, signature: Buffer): boolean {
  if (alg === "ES256" && key.asymmetricKeyType === "ec")
    return verify("sha256", data, { key, dsaEncoding: "ieee-p1363" }, signature);
  if (alg === "RS256" && key.asymmetricKeyType === "rsa") return verify("sha256", data, key, signature);
  throw refusal("badSignatureAlgorithm", `expected ES256 or RS256 with a key of that kind, got ${alg}`);
}

/**
 * Verifies a request's signature.
 * @param keyOfAccount finds an account's key by the account's URL
 * @throws Refusal
 */
export function verifyJws(body: Buffer, keyOfAccount: (url: string) => KeyObject | undefined): Signed {
  const envelope = envelopeSchema.safeParse(parseJson(body.toString()));
  if (!envelope.success) throw refusal("malformed", "expected protected, payload and signature");
  const { protected: head, payload, signature } = envelope.data;
  const header = headerSchema.safeParse(parseJson(decode(head).toString()));
  if (!header.success) throw refusal("malformed", "the protected header lacks alg, nonce or url");
  const { alg, nonce, url, kid, jwk } = header.data;
  if ((kid === undefined) === (jwk === undefined)) throw refusal("malformed", "expected one of kid and jwk");
  const key = jwk ? keyOf(jwk) : keyOfAccount(kid ?? "");
  if (!key) throw refusal("accountDoesNotExist", `there is no account ${kid}`);
  if (!isSignedBy(key, alg, Buffer.from(`${head}.${payload}`), decode(signature)))
    throw refusal("malformed", "the signature is wrong");
  return {
    nonce,
    url,
    account: kid,
    key,
    payload: payload === "" ? undefined : parseJson(decode(payload).toString()),
  };
}

/** A key's fingerprint (RFC 7638). */
export function thumbprint(key: KeyObject): string {
  const jwk: Record<string, unknown> = { ...key.export({ format: "jwk" }) };
  const names = jwk["kty"] === "RSA" ? ["e", "kty", "n"] : ["crv", "kty", "x", "y"];
  const canonical = JSON.stringify(Object.fromEntries(names.map((name) => [name, jwk[name]])));
  return createHash("sha256").update(canonical).digest("base64url");
}
