import { formatReference, type ImageReference } from "../release/reference.ts";
import type { TrustAnchors } from "./anchors.ts";
import { attestedBy } from "./attested.ts";
import { collectEvidence } from "./evidence.ts";
import { readerOf } from "./reader.ts";
import type { Signer } from "./signer.ts";
import type { ArtifactSource } from "./source.ts";
import { signatureOf } from "./verifyImage.ts";

/**
 * Proves that a trusted key or identity signed exactly this image, whatever release it belongs to.
 * @throws Failure `InvalidSignature`, `ImageMissing`, `ImageCorrupted`; `RegistryUnavailable`: not to know is not the same as unsigned
 */
export async function verifySigned(
  image: ImageReference,
  source: ArtifactSource,
  anchors: TrustAnchors,
): Promise<Signer> {
  const subject = formatReference(image);
  const evidence = await collectEvidence(readerOf(source, subject), image.digest);
  return signatureOf(attestedBy(evidence, image.digest, anchors), subject);
}
