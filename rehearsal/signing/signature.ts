/** Signatures in simple signing, cosign's usual form (its SIGNATURE_SPEC). */
import { contentOf } from "../images/image.ts";
import type { AnnotatedContent } from "./attachment.ts";
import { type SigningKey, signatureOf } from "./key.ts";

const payloadMediaType = "application/vnd.dev.cosign.simplesigning.v1+json";

/**
 * A signature of an image.
 * @param name the image's repository, with the registry
 */
export function signImage(digest: string, name: string, key: SigningKey): AnnotatedContent {
  const payload = contentOf(payloadMediaType, {
    critical: {
      identity: { "docker-reference": name },
      image: { "docker-manifest-digest": digest },
      type: "cosign container image signature",
    },
    optional: null,
  });
  return {
    ...payload,
    annotations: { "dev.cosignproject.cosign/signature": signatureOf(payload.bytes, key) },
  };
}
