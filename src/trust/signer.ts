import { type KeyObject, verify } from "node:crypto";
import { type TrustMaterial, toSignedEntity, Verifier } from "@sigstore/verify";
import type { TrustAnchors } from "./anchors.ts";
import { isCanonicalCertificate } from "./certificate.ts";
import type { Unusable } from "./json.ts";
import { matchesPattern } from "./pattern.ts";
import { quote } from "./quote.ts";
import type { SignedItem } from "./signedItem.ts";

/** Who signed, proven. */
export type Signer =
  | {
      kind: "key";
      /** `sha256:…` of the key's DER form. */
      id: string;
    }
  | {
      kind: "identity";
      issuer: string;
      /** Subject of the certificate, for instance a workflow's URL at a branch. */
      subject: string;
      /** Texts in Fulcio's certificate extensions, by the last number of `1.3.6.1.4.1.57264.1.…`. */
      claims: Readonly<Record<number, string>>;
    };

/** How messages name a signer. */
export const formatSigner = (signer: Signer): string =>
  signer.kind === "key" ? `key ${signer.id.slice(0, 19)}` : signer.subject;

/** Bytes that a DSSE signature covers (DSSE protocol, "PAE"). */
const preAuthentication = (type: string, payload: Buffer) =>
  Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `), payload]);

const signs = (key: KeyObject, bytes: Buffer, signature: Buffer): boolean => {
  try {
    return verify(key.asymmetricKeyType === "ed25519" ? null : "sha256", bytes, key, signature);
  } catch {
    return false;
  }
};

/** A key's signature needs no log: whoever has the key is trusted, whenever it was used. */
function keySigner(item: SignedItem, anchors: TrustAnchors): Signer | Unusable {
  const { content } = item.bundle;
  const [bytes, signature] =
    content.$case === "dsseEnvelope"
      ? [
          preAuthentication(content.dsseEnvelope.payloadType, item.bytes),
          content.dsseEnvelope.signatures[0]?.sig,
        ]
      : [item.bytes, content.messageSignature.signature];
  const key = signature && anchors.keys.find((k) => signs(k.key, bytes, signature));
  if (key) return { kind: "key", id: key.id };
  // cosign 3 signs statements with Ed25519ph (RFC 8032, 5.1), which OpenSSL behind Node does not offer; both have 64 bytes.
  const prehashed =
    signature?.length === 64 && anchors.keys.some((k) => k.key.asymmetricKeyType === "ed25519");
  const note = " (Ed25519ph, as cosign 3 uses it, cannot be verified: take an ECDSA key)";
  return { problem: `no trusted key made its signature${prehashed ? note : ""}` };
}

const fulcio = [1, 3, 6, 1, 4, 1, 57264, 1];

/** Extensions from 8 on are UTF8String in DER with a short or long length; others are not read. */
function claimText(der: Buffer): string | undefined {
  const [tag, first = 0] = der;
  const header = first < 0x80 ? 2 : first === 0x81 ? 3 : 4;
  const text = der.subarray(header);
  const length = first < 0x80 ? first : first === 0x81 ? der[2] : first === 0x82 ? der.readUInt16BE(2) : -1;
  return tag === 0x0c && text.length === length ? text.toString("utf8") : undefined;
}

function claimsOf(
  oids: readonly { oid: { id: number[] } | undefined; value: Buffer }[],
): Record<number, string> {
  const claims: Record<number, string> = {};
  for (const { oid, value } of oids) {
    const last = oid?.id.at(-1);
    if (last === undefined || oid?.id.slice(0, -1).join() !== fulcio.join() || last < 8) continue;
    const text = claimText(value);
    if (text !== undefined) claims[last] = text;
  }
  return claims;
}

/**
 * The trust root says which witnesses there are, and one of each kind that it names must have witnessed: an instance without a
 * transparency log (GitHub's own, for private repositories) has timestamps alone.
 */
const thresholds = (root: TrustMaterial) => ({
  tlogThreshold: root.tlogs.length > 0 ? 1 : 0,
  ctlogThreshold: root.ctlogs.length > 0 ? 1 : 0,
  timestampThreshold: 1,
});

function leafOf({ verificationMaterial: { content } }: SignedItem["bundle"]): Buffer | undefined {
  switch (content.$case) {
    case "publicKey":
      return undefined;
    case "certificate":
      return content.certificate.rawBytes;
    case "x509CertificateChain":
      return content.x509CertificateChain.certificates[0]?.rawBytes;
  }
}

function identitySigner(item: SignedItem, anchors: TrustAnchors): Signer | Unusable {
  const { root, identities } = anchors;
  if (!root || identities.length === 0)
    return { problem: "it is signed with a certificate, and no identity is trusted" };
  const leaf = leafOf(item.bundle);
  if (!leaf || !isCanonicalCertificate(leaf)) return { problem: "its certificate is not in DER form" };
  const verified = new Verifier(root, thresholds(root)).verify(toSignedEntity(item.bundle, item.bytes));
  const { subjectAlternativeName: subject = "", extensions, oids = [] } = verified.identity ?? {};
  const issuer = extensions?.issuer ?? "";
  if (!identities.some((i) => i.issuer === issuer && matchesPattern(i.subject, subject)))
    return { problem: `${quote(subject, 200)} (issuer ${quote(issuer)}) is no trusted identity` };
  return { kind: "identity", issuer, subject, claims: claimsOf(oids) };
}

/** Who signed the item's bytes, when it is somebody trusted; otherwise why not. What the bytes say is not looked at. */
export function signerOf(item: SignedItem, anchors: TrustAnchors): Signer | Unusable {
  try {
    return item.bundle.verificationMaterial.content.$case === "publicKey"
      ? keySigner(item, anchors)
      : identitySigner(item, anchors);
  } catch (thrown) {
    // Malformed certificates and log entries make the libraries throw all kinds of errors: none of them is a proof.
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    return { problem: `its certificate or log entry does not hold (${quote(why, 160)})` };
  }
}
