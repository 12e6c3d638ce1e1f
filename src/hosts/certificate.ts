import { X509Certificate } from "node:crypto";
import { z } from "zod";
import type { CertificateFacts } from "../plan/facts.ts";

const count = z.coerce.number().int();

/** `CN=R11` of `C=US\nO=Let's Encrypt\nCN=R11`, or all of it where there is no common name. */
const nameOf = (distinguished: string): string =>
  /^CN=(.+)$/m.exec(distinguished)?.[1] ?? distinguished.split("\n").join(", ");

/** Node writes them as OpenSSL does: `DNS:a.example.com, DNS:b.example.com`. */
const namesOf = ({ subjectAltName = "" }: X509Certificate): string[] =>
  subjectAltName.split(", ").flatMap((entry) => (entry.startsWith("DNS:") ? [entry.slice(4)] : []));

/**
 * Reads what `scripts/observe.sh` printed of an edge's certificate, line by line without their first word.
 * @returns nothing where the edge has none. @throws whatever a malformed certificate makes Node throw
 */
export function parseCertificate(lines: readonly string[]): CertificateFacts | undefined {
  const valuesOf = (key: string) =>
    lines.filter((line) => line.startsWith(`${key} `)).map((line) => line.slice(key.length + 1));
  const [leaf] = valuesOf("leaf");
  if (leaf === undefined) return undefined;
  const certificate = new X509Certificate(Buffer.from(leaf, "base64"));
  const [failed] = valuesOf("failed");
  const [tries, next] = (failed ?? "").split(" ");
  const wanted = valuesOf("wanted");
  return {
    names: namesOf(certificate),
    issuer: nameOf(certificate.issuer),
    selfSigned: certificate.subject === certificate.issuer,
    from: certificate.validFromDate.toISOString(),
    until: certificate.validToDate.toISOString(),
    ...(wanted.length > 0 && { wanted }),
    ...(failed !== undefined && {
      failure: {
        count: count.parse(tries),
        next: new Date(count.parse(next) * 1000).toISOString(),
        why: valuesOf("reason")[0] ?? "no reason is known",
      },
    }),
  };
}
