/** What a build attaches to an image: its signature, how it was built, and what a scan found. */
import { digestOf } from "../images/digest.ts";
import { type Attachment, attachmentTo } from "./attachment.ts";
import { attest } from "./attestation.ts";
import { newSigningKey, type SigningKey } from "./key.ts";
import { type Build, type Finding, provenance, vulnerabilities } from "./predicates.ts";
import { signImage } from "./signature.ts";

/** How it is attached otherwise than it should be. */
export interface EvidenceFaults {
  /** Who signs instead of the build: nobody, so that nothing is attached at all, or somebody with a key of their own. */
  signer?: "nobody" | "stranger";
  /** What all of it speaks of instead of the image. */
  subject?: "another image";
  /** Workflow that the provenance names. */
  workflow?: string;
  /** What the scan found; default nothing. */
  findings?: readonly Finding[];
}

export interface Evidence {
  digest: string;
  /** The image's repository, with the registry. */
  name: string;
  build: Build;
  /** When the scan ended, ISO 8601. */
  scannedAt: string;
}

const stranger = newSigningKey();
const another = digestOf(Buffer.from("another image"));

/** Signs and attests an image; returns what belongs beside it in its repository. */
export function attachEvidence(
  { digest, name, build, scannedAt }: Evidence,
  key: SigningKey,
  faults: EvidenceFaults = {},
): Attachment[] {
  if (faults.signer === "nobody") return [];
  const signer = faults.signer === "stranger" ? stranger : key;
  const subject = faults.subject === undefined ? digest : another;
  const { workflow = build.workflow, findings = [] } = faults;
  return [
    attachmentTo(digest, "sig", [signImage(subject, name, signer)]),
    attachmentTo(digest, "att", [
      attest(subject, name, provenance({ ...build, workflow }), signer),
      attest(subject, name, vulnerabilities(findings, scannedAt), signer),
    ]),
  ];
}
