import type { Release } from "../release/release.ts";
import type { ImageLabels } from "./metadata.ts";
import type { Provenance } from "./provenance.ts";
import type { SecuritySummary } from "./security.ts";
import type { Signer } from "./signer.ts";

declare const proven: unique symbol;

/** What was proven of one image; a check that the policy does not ask for leaves its field `undefined`. */
export interface ServiceTrust {
  digest: string;
  labels: ImageLabels | undefined;
  signer: Signer | undefined;
  provenance: Provenance | undefined;
  security: SecuritySummary | undefined;
}

/** The checks, in the order of the specification (promotion, step 2). */
export const checkNames = ["metadata", "signature", "provenance", "security"] as const;
export type CheckName = (typeof checkNames)[number];

interface Assessed {
  release: Release;
  services: Readonly<Record<string, ServiceTrust>>;
  /** Whether each check took place; one that failed is a `Failure`, never a result. */
  checks: Readonly<Record<CheckName, "passed" | "off">>;
}

/**
 * A release whose images are each signed by a trusted key or identity, and passed whatever else the policy asks for. Made by
 * `verifyRelease` only.
 */
export interface VerifiedRelease extends Assessed {
  readonly verified: true;
  readonly [proven]: "release";
}

/** A release that passed what the policy asks for, but of which nobody knows who made it. To be shown as such. */
export interface UnverifiedRelease extends Assessed {
  readonly verified: false;
  /** Why not, for people: `liftlock:trust asks for no signature`. */
  reason: string;
}
