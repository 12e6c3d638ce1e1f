import type { FailureCode } from "../release/failure.ts";

/** A release that failed in an environment may not come there again until a person lifts it. */
export interface Veto {
  environment: string;
  /** Id of the release. */
  release: string;
  version: string;
  since: Date;
  /** The promotion in which it failed. */
  promotion: string;
  reason: { code: string; message: string };
}

const ofTheRelease: readonly FailureCode[] = [
  "PullFailed",
  "ComposeInvalid",
  "MigrationFailed",
  "StartFailed",
  "Unhealthy",
  "EndpointFailed",
  "DigestMismatch",
];

/** Whether a failure lies in the release. Any other (a host, the engine, the network) says nothing against it. */
export const liesInRelease = (code: FailureCode): boolean => ofTheRelease.includes(code);
