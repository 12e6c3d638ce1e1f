/** Certificates with their key, as the edge takes them. */
import { createPrivateKey, X509Certificate } from "node:crypto";

/**
 * What is wrong with a text of certificates and their key, in haproxy's words; nothing when it can be used.
 * @param pem PEM, the server's own certificate first
 */
export function wrongWith(pem: Buffer): string | undefined {
  try {
    if (new X509Certificate(pem).checkPrivateKey(createPrivateKey(pem))) return undefined;
  } catch (cause) {
    return `unable to load certificate (${cause instanceof Error ? cause.message : String(cause)}) from file`;
  }
  return "inconsistencies between private key and certificate loaded from PEM file";
}
