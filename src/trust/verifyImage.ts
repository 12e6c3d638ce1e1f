import { Failure } from "../release/failure.ts";
import type { ImageReference } from "../release/reference.ts";
import { formatReference } from "../release/reference.ts";
import type { Release } from "../release/release.ts";
import type { TrustAnchors } from "./anchors.ts";
import { type Attested, attestedBy } from "./attested.ts";
import { collectEvidence } from "./evidence.ts";
import { verifyMetadata } from "./metadata.ts";
import type { TrustPolicy } from "./policy.ts";
import { verifyProvenance } from "./provenance.ts";
import { readerOf } from "./reader.ts";
import { verifySecurity } from "./security.ts";
import type { Signer } from "./signer.ts";
import type { ArtifactSource } from "./source.ts";
import { type CheckName, checkNames, type ServiceTrust } from "./verifiedRelease.ts";

/** A check that an image did not pass. */
export interface Refusal {
  service: string;
  check: CheckName;
  failure: Failure;
}

/**
 * The first trusted signature of an image.
 * @param subject how messages name the image
 * @throws Failure `InvalidSignature` when there is none, with what was found instead
 */
export function signatureOf(attested: Attested, subject: string): Signer {
  const [signer] = attested.signatures;
  if (signer) return signer;
  // One example of each reason: what is wrong with the tenth attachment may be the one thing to know.
  const reasons = new Map(
    attested.refused.toReversed().map((line) => [line.slice(line.indexOf(": ")), line]),
  );
  const seen = [...reasons.values()].toReversed().slice(0, 5);
  const more = attested.refused.length - seen.length;
  throw new Failure({
    code: "InvalidSignature",
    message: `${subject}: expected a signature by a trusted key or identity over exactly this digest, got ${seen.length > 0 ? `none that counts: ${seen.join(" | ")}${more > 0 ? ` and ${more} more` : ""}` : "none"}`,
    hint: "Sign it in the workflow that builds it: `cosign sign --key … <image>@<digest>`; or correct liftlock:trust.signatures.",
  });
}

/**
 * All checks of one image, in order, up to the first that fails.
 * @throws Failure `RegistryUnavailable`: what the registry does not answer is no verdict on the image
 */
export async function verifyImage(
  release: Release,
  service: string,
  image: ImageReference,
  source: ArtifactSource,
  policy: TrustPolicy,
  anchors: TrustAnchors,
  now: Date,
): Promise<ServiceTrust | Refusal> {
  const { digest } = image;
  const subject = `${service} (${formatReference(image)})`;
  const reader = readerOf(source, subject);
  let check: CheckName = checkNames[0];
  try {
    const labels =
      policy.metadata === "required"
        ? await verifyMetadata(reader, digest, release, policy.platform, subject)
        : undefined;
    check = "signature";
    const { signatures, provenance: built, security: secure } = policy;
    const trust: ServiceTrust = {
      digest,
      labels,
      signer: undefined,
      provenance: undefined,
      security: undefined,
    };
    if (!signatures && !built && !secure) return trust;
    const evidence = await collectEvidence(reader, digest);
    const attested = attestedBy(evidence, digest, anchors);
    if (signatures)
      trust.signer = signatures.required ? signatureOf(attested, subject) : attested.signatures[0];
    check = "provenance";
    if (built) trust.provenance = verifyProvenance(attested, built, release.commit, subject);
    check = "security";
    if (secure)
      trust.security = verifySecurity(evidence, attested, { digest, service, subject }, secure, now);
    return trust;
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.code === "RegistryUnavailable") throw thrown;
    return { service, check, failure: thrown };
  }
}
