import { createPrivateKey, createPublicKey, hkdfSync, randomBytes } from "node:crypto";
import sshpk from "sshpk";

/** An SSH key pair: private part in OpenSSH form, public part as in `authorized_keys`. */
export interface KeyPair {
  privateKey: string;
  publicKey: string;
}

/** DER of a PKCS#8 Ed25519 key up to the seed (RFC 8410, section 7). */
const pkcs8 = Buffer.from("302e020100300506032b657004220420", "hex");

const string = (value: string | Buffer) => {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

/**
 * OpenSSH's private key format (PROTOCOL.key in OpenSSH's sources). Libraries fill its check number with random bytes;
 * here it comes from the key, because the same stack must give the same user data every time.
 */
function openssh(seed: Buffer, publicBytes: Buffer, comment: string): string {
  const type = string("ssh-ed25519");
  const check = publicBytes.subarray(0, 4);
  const secret = Buffer.concat([seed, publicBytes]);
  const body = Buffer.concat([check, check, type, string(publicBytes), string(secret), string(comment)]);
  const padding = Buffer.from(Array.from({ length: (8 - (body.length % 8)) % 8 }, (_, i) => i + 1));
  const one = Buffer.from([0, 0, 0, 1]);
  const blob = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    string("none"),
    string("none"),
    string(""),
    one,
    string(Buffer.concat([type, string(publicBytes)])),
    string(Buffer.concat([body, padding])),
  ]);
  const lines = blob.toString("base64").replace(/.{70}/g, "$&\n");
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

/** The Ed25519 key pair of a 32-byte seed. */
function keyPair(seed: Buffer, comment: string): KeyPair {
  const key = createPublicKey(
    createPrivateKey({ key: Buffer.concat([pkcs8, seed]), format: "der", type: "pkcs8" }),
  );
  const bytes = key.export({ format: "der", type: "spki" }).subarray(-32);
  const blob = Buffer.concat([string("ssh-ed25519"), string(bytes)]).toString("base64");
  return { privateKey: openssh(seed, bytes, comment), publicKey: `ssh-ed25519 ${blob} ${comment}` };
}

/** A fresh Ed25519 key pair. */
export const newKeyPair = (comment: string): KeyPair => keyPair(randomBytes(32), comment);

/**
 * A host's own Ed25519 host key, derived from the stack's seed and the host's name (HKDF, RFC 5869). It is known before
 * the host exists, so the first connection is already checked; and hosts cannot pass for each other.
 * @param seed 32 bytes in base64
 */
export function hostKey(seed: string, hostName: string): KeyPair {
  const info = `liftlock host key ${hostName}`;
  return keyPair(Buffer.from(hkdfSync("sha256", Buffer.from(seed, "base64"), "", info, 32)), hostName);
}

/** The public half of a private key in PEM or OpenSSH form, as in `authorized_keys`. */
export function publicKeyOf(privateKey: string, comment: string): string {
  const key = sshpk.parsePrivateKey(privateKey, "auto").toPublic();
  key.comment = comment;
  return key.toString("ssh");
}
