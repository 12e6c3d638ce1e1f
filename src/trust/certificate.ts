import { X509Certificate } from "node:crypto";

/** Where a DER value's content begins and ends; lengths up to four bytes. */
function contentAt(der: Buffer, at: number): { start: number; end: number } {
  const first = der.readUInt8(at + 1);
  if (first < 0x80) return { start: at + 2, end: at + 2 + first };
  const bytes = first - 0x80;
  const start = at + 2 + bytes;
  return { start, end: start + der.readUIntBE(at + 2, bytes) };
}

/**
 * True when a certificate is spelled in the one way that X.509 allows. The authority signs only its inner part, and parsers are
 * lenient about what is around that: two spellings of one certificate would be two bundles that verify.
 * @throws Error for what is no certificate
 */
export function isCanonicalCertificate(der: Buffer): boolean {
  if (!new X509Certificate(der).raw.equals(der)) return false;
  // Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signature BIT STRING } (RFC 5280, 4.1): whole bytes are signed.
  const inner = contentAt(der, contentAt(der, 0).start);
  const algorithm = contentAt(der, inner.end);
  return der.readUInt8(contentAt(der, algorithm.end).start) === 0;
}
