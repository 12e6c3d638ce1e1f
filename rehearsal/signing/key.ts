/** Key pairs as `cosign generate-key-pair` makes them: ECDSA over P-256. */
import { generateKeyPairSync, sign } from "node:crypto";

/** Both halves in PEM form, the private one unencrypted: it lives as long as its world. */
export interface SigningKey {
  privateKey: string;
  /** What cosign writes to `cosign.pub`. */
  publicKey: string;
}

export const newSigningKey = (): SigningKey =>
  generateKeyPairSync("ec", {
    namedCurve: "P-256",
    privateKeyEncoding: { format: "pem", type: "pkcs8" },
    publicKeyEncoding: { format: "pem", type: "spki" },
  });

/** A signature over the SHA-256 digest of these bytes: DER, in base64. */
export const signatureOf = (bytes: Uint8Array, key: Pick<SigningKey, "privateKey">): string =>
  sign("sha256", bytes, key.privateKey).toString("base64");
