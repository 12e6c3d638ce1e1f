import { createHash } from "node:crypto";
import { type Bundle, bundleFromJSON } from "@sigstore/bundle";
import { parseHostileJson, type Unusable } from "./json.ts";
import { trustLimits } from "./limits.ts";
import type { SignedItem } from "./signedItem.ts";
import { materialOf } from "./simpleSigning.ts";
import { statementType } from "./statement.ts";

/** How the media types of Sigstore bundles begin; the version follows. */
export const bundleTypePrefix = "application/vnd.dev.sigstore.bundle";
/** Media type of the layers of cosign's `.att` manifests. */
export const envelopeType = "application/vnd.dsse.envelope.v1+json";

function parseBundle(value: unknown): Bundle | Unusable {
  try {
    return bundleFromJSON(value);
  } catch (cause) {
    return {
      problem: `is not a valid Sigstore bundle (${cause instanceof Error ? cause.name : "malformed"})`,
    };
  }
}

function itemOf(bundle: Bundle, manifest: Buffer, place: string): SignedItem | Unusable {
  const { content } = bundle;
  if (content.$case === "dsseEnvelope") {
    const { payload, payloadType } = content.dsseEnvelope;
    if (payloadType !== statementType) return { problem: "expected an in-toto statement in its envelope" };
    return { place, kind: "statement", bytes: payload, bundle };
  }
  const digest = createHash("sha256").update(manifest).digest();
  if (!digest.equals(content.messageSignature.messageDigest.digest))
    return { problem: "its message is not the image's manifest" };
  return { place, kind: "manifest", bytes: manifest, bundle };
}

/** A Sigstore bundle as something signed: a statement, or a signature over the image's manifest. */
export function bundleItem(document: Buffer, manifest: Buffer, place: string): SignedItem | Unusable {
  const parsed = parseHostileJson(document, trustLimits.document);
  if ("problem" in parsed) return parsed;
  const bundle = parseBundle(parsed.value);
  return "problem" in bundle ? bundle : itemOf(bundle, manifest, place);
}

/** A bare DSSE envelope (cosign's `.att`); certificate and log entry stand in the layer's annotations. */
export function envelopeItem(
  document: Buffer,
  annotations: Readonly<Record<string, string>>,
  manifest: Buffer,
  place: string,
): SignedItem | Unusable {
  const parsed = parseHostileJson(document, trustLimits.document);
  if ("problem" in parsed) return parsed;
  const verificationMaterial = materialOf(annotations);
  if ("problem" in verificationMaterial) return verificationMaterial;
  const bundle = parseBundle({
    mediaType: `${bundleTypePrefix}+json;version=0.1`,
    verificationMaterial,
    dsseEnvelope: parsed.value,
  });
  return "problem" in bundle ? bundle : itemOf(bundle, manifest, place);
}
