import type { TrustAnchors } from "./anchors.ts";
import type { Evidence } from "./evidence.ts";
import { type Signer, signerOf } from "./signer.ts";
import { payloadNames } from "./simpleSigning.ts";
import { type Statement, statementAbout } from "./statement.ts";

/** What trusted signers say of exactly this image. */
export interface Attested {
  /** Signatures: the image is meant to be run. */
  signatures: readonly Signer[];
  /** Statements: provenance, reports and whatever else. */
  statements: readonly { statement: Statement; signer: Signer; place: string }[];
  /** Why the rest does not count, one line each. */
  refused: readonly string[];
}

/**
 * Predicates that say "this is my image": cosign's signature as a statement (3.x), and provenance. A report says something *about*
 * an image: who may sign reports has not thereby released it.
 */
const signingPredicates = [
  "https://sigstore.dev/cosign/sign/v1",
  "https://slsa.dev/provenance/v1",
  "https://slsa.dev/provenance/v0.2",
];

/** Sorts evidence into what a trusted key or identity signed about exactly this digest, and what does not count. */
export function attestedBy(evidence: Evidence, digest: string, anchors: TrustAnchors): Attested {
  const signatures: Signer[] = [];
  const statements: { statement: Statement; signer: Signer; place: string }[] = [];
  const refused = [...evidence.unusable];
  for (const item of evidence.signed) {
    const { kind, bytes, place } = item;
    const statement = kind === "statement" ? statementAbout(bytes, digest) : undefined;
    const names =
      kind === "statement" ? statement !== undefined : kind === "manifest" || payloadNames(bytes, digest);
    if (!names) {
      refused.push(`${place}: speaks of another image`);
      continue;
    }
    const signer = signerOf(item, anchors);
    if ("problem" in signer) {
      refused.push(`${place}: ${signer.problem}`);
      continue;
    }
    if (statement) statements.push({ statement, signer, place });
    if (!statement || signingPredicates.includes(statement.predicateType)) signatures.push(signer);
  }
  return { signatures, statements, refused };
}
