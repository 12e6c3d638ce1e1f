import { createHash } from "node:crypto";
import { type Bundle, bundleFromJSON } from "@sigstore/bundle";
import { z } from "zod";
import { decodeBase64 } from "./base64.ts";
import { parseHostileJson, type Unusable } from "./json.ts";
import { trustLimits } from "./limits.ts";
import type { SignedItem } from "./signedItem.ts";
import type { Descriptor } from "./source.ts";

/** Media type of cosign's payloads; see its SIGNATURE_SPEC. */
export const simpleSigningType = "application/vnd.dev.cosign.simplesigning.v1+json";

const annotation = {
  signature: "dev.cosignproject.cosign/signature",
  certificate: "dev.sigstore.cosign/certificate",
  log: "dev.sigstore.cosign/bundle",
} as const;

/** cosign's own offline proof of a log entry: Rekor's signature over it (SIGNATURE_SPEC, "bundle"). */
const logSchema = z.object({
  SignedEntryTimestamp: z.string(),
  Payload: z.object({
    body: z.string(),
    integratedTime: z.int().nonnegative(),
    logIndex: z.int().nonnegative(),
    logID: z.string().regex(/^[0-9a-f]{64}$/),
  }),
});
const entrySchema = z.object({ kind: z.string(), apiVersion: z.string() });

/** The log entry, in the form of a Sigstore bundle. */
function logEntry(text: string): object | Unusable {
  const parsed = parseHostileJson(Buffer.from(text), trustLimits.annotation);
  const log = logSchema.safeParse("value" in parsed ? parsed.value : undefined);
  if (!log.success) return { problem: "its log entry is malformed" };
  const { body, integratedTime, logIndex, logID } = log.data.Payload;
  const content = parseHostileJson(Buffer.from(body, "base64"), trustLimits.annotation);
  const kind = entrySchema.safeParse("value" in content ? content.value : undefined);
  if (!kind.success) return { problem: "its log entry's body is malformed" };
  return {
    logIndex: String(logIndex),
    logId: { keyId: Buffer.from(logID, "hex").toString("base64") },
    kindVersion: { kind: kind.data.kind, version: kind.data.apiVersion },
    integratedTime: String(integratedTime),
    inclusionPromise: { signedEntryTimestamp: log.data.SignedEntryTimestamp },
    canonicalizedBody: body,
  };
}

/** DER of the first certificate in a PEM text, in base64. */
const firstCertificate = (pem: string): string | undefined =>
  /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/
    .exec(pem)?.[1]
    ?.replace(/\s/g, "");

/** Verification material that the annotations hold: a certificate with its log entry, or nothing but a key's hint. */
export function materialOf(annotations: Readonly<Record<string, string>>): object | Unusable {
  const certificate = annotations[annotation.certificate];
  const log = annotations[annotation.log];
  // A key's signature stands alone; a certificate is worthless without the time at which it was used.
  if (!certificate) return { publicKey: { hint: "" }, tlogEntries: [] };
  if (certificate.length > trustLimits.annotation || (log?.length ?? 0) > trustLimits.annotation)
    return { problem: `an annotation has more than ${trustLimits.annotation} bytes` };
  const rawBytes = firstCertificate(certificate);
  if (rawBytes === undefined) return { problem: "its certificate is not in PEM form" };
  if (!log) return { problem: "it has a certificate, but no log entry that says when it was used" };
  const entry = logEntry(log);
  if ("problem" in entry) return entry;
  return { x509CertificateChain: { certificates: [{ rawBytes }] }, tlogEntries: [entry] };
}

/** One layer of a `.sig` manifest with its payload, as something signed. */
export function simpleSigningItem(layer: Descriptor, payload: Buffer, place: string): SignedItem | Unusable {
  const annotations = layer.annotations ?? {};
  const text = annotations[annotation.signature];
  const signature = text === undefined || text.length > 10_000 ? undefined : decodeBase64(text);
  if (!signature) return { problem: "its signature is missing or not base64" };
  const verificationMaterial = materialOf(annotations);
  if ("problem" in verificationMaterial) return verificationMaterial;
  const digest = createHash("sha256").update(payload).digest("base64");
  let bundle: Bundle;
  try {
    bundle = bundleFromJSON({
      mediaType: "application/vnd.dev.sigstore.bundle+json;version=0.1",
      verificationMaterial,
      messageSignature: {
        messageDigest: { algorithm: "SHA2_256", digest },
        signature: signature.toString("base64"),
      },
    });
  } catch {
    return { problem: "its annotations make no valid bundle" };
  }
  return { place, kind: "payload", bytes: payload, bundle };
}

const payloadSchema = z.object({
  critical: z.object({
    type: z.enum(["cosign container image signature", "atomic container signature"]),
    image: z.object({ "docker-manifest-digest": z.string() }),
  }),
});

/**
 * True when a payload speaks of exactly this image. Its `docker-reference` is not compared: a signature stays with the
 * digest when the image is copied to another repository.
 */
export function payloadNames(payload: Buffer, digest: string): boolean {
  const parsed = parseHostileJson(payload, trustLimits.payload);
  const said = payloadSchema.safeParse("value" in parsed ? parsed.value : undefined);
  return said.success && said.data.critical.image["docker-manifest-digest"] === digest;
}
