import {
  createECDH,
  createHash,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  type KeyObject,
} from "node:crypto";
import { Failure } from "../src/release/failure.ts";

/** An account with a certificate authority that speaks ACME (RFC 8555). */
export interface AcmeAccount {
  /** Its key, in PEM form. */
  key: string;
  /** What answers to challenges end with: the key's fingerprint in the authority's eyes (RFC 7638). */
  thumbprint: string;
}

/** Order of the group of P-256 (SEC 2, section 2.4.2): private keys are smaller. */
const order = BigInt("0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");

/** Members of a public key that its thumbprint is made of, by kind of key (RFC 7638, section 3.2). */
const members: Readonly<Record<string, readonly string[]>> = {
  EC: ["crv", "kty", "x", "y"],
  RSA: ["e", "kty", "n"],
};

function accountOf(key: KeyObject): AcmeAccount | undefined {
  const jwk: Record<string, unknown> = { ...createPublicKey(key).export({ format: "jwk" }) };
  const names = members[String(jwk["kty"])];
  if (!names || (jwk["kty"] === "EC" && jwk["crv"] !== "P-256")) return undefined;
  const canonical = JSON.stringify(Object.fromEntries(names.map((name) => [name, jwk[name]])));
  return {
    key: key.export({ format: "pem", type: "pkcs8" }).toString(),
    thumbprint: createHash("sha256").update(canonical).digest("base64url"),
  };
}

/**
 * The account of a stack, derived from its seed as the hosts' keys are (HKDF, RFC 5869): every host has the same one, and what hosts have to
 * answer to challenges is known before there is a host.
 * @param seed 32 bytes in base64
 */
export function derivedAccount(seed: string): AcmeAccount {
  const stream = hkdfSync("sha256", Buffer.from(seed, "base64"), "", "liftlock acme account", 48);
  // More bytes than the order has, so that no key is likelier than another.
  const scalar = (BigInt(`0x${Buffer.from(stream).toString("hex")}`) % (order - 1n)) + 1n;
  const ecdh = createECDH("prime256v1");
  ecdh.setPrivateKey(scalar.toString(16).padStart(64, "0"), "hex");
  const point = ecdh.getPublicKey();
  const part = (from: number) => point.subarray(from, from + 32).toString("base64url");
  const d = Buffer.from(scalar.toString(16).padStart(64, "0"), "hex").toString("base64url");
  const key = createPrivateKey({
    key: { kty: "EC", crv: "P-256", x: part(1), y: part(33), d },
    format: "jwk",
  });
  const account = accountOf(key);
  if (!account) throw new Failure({ code: "Unexpected", message: "a P-256 key has no thumbprint" });
  return account;
}

/**
 * An account whose key is there already.
 * @param key RSA or P-256, in PEM form
 * @throws Failure `ConfigInvalid`; what was given is not shown
 */
export function givenAccount(key: string): AcmeAccount {
  try {
    const account = accountOf(createPrivateKey(key));
    if (account) return account;
  } catch {
    // Said below, without the library's words: they could hold a part of the key.
  }
  throw new Failure({
    code: "ConfigInvalid",
    message:
      "liftlock:edge.tls.acme.accountKey: expected a private RSA or P-256 key in PEM form, without a passphrase",
    hint: "Leave it out: a key is then derived from liftlock:ssh.hostKeySeed.",
    fault: "user",
  });
}
