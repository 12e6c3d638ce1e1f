import { createPrivateKey, hkdfSync } from "node:crypto";
import sshpk from "sshpk";

/** An SSH key pair: private part in OpenSSH form, public part as in `authorized_keys`. */
export interface KeyPair {
  privateKey: string;
  publicKey: string;
}

/** DER of a PKCS#8 Ed25519 key up to the seed (RFC 8410, section 7). */
const pkcs8 = Buffer.from("302e020100300506032b657004220420", "hex");

/**
 * A host's own Ed25519 host key, derived from the stack's seed and the host's name (HKDF, RFC 5869). It is known before
 * the host exists, so the first connection is already checked; and hosts cannot pass for each other.
 * @param seed 32 bytes in base64
 */
export function hostKey(seed: string, hostName: string): KeyPair {
  const bytes = hkdfSync("sha256", Buffer.from(seed, "base64"), "", `liftlock host key ${hostName}`, 32);
  const der = Buffer.concat([pkcs8, Buffer.from(bytes)]);
  const pem = createPrivateKey({ key: der, format: "der", type: "pkcs8" }).export({
    format: "pem",
    type: "pkcs8",
  });
  return keyPair(pem.toString(), hostName);
}

/** The public half of a private key in PEM or OpenSSH form, and the private half in OpenSSH form. */
export function keyPair(privateKey: string, comment: string): KeyPair {
  const key = sshpk.parsePrivateKey(privateKey, "auto");
  key.comment = comment;
  const publicKey = key.toPublic();
  publicKey.comment = comment;
  return { privateKey: key.toString("ssh-private"), publicKey: publicKey.toString("ssh") };
}
