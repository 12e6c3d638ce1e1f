import { formatSigner } from "./signer.ts";
import type { UnverifiedRelease, VerifiedRelease } from "./verifiedRelease.ts";

/** What was proven of a release, in a few words: `signed by release.yml@main, no open finding`. What was not is said too. */
export function describeTrust(assessed: VerifiedRelease | UnverifiedRelease): string {
  const services = Object.values(assessed.services);
  const signers = [...new Set(services.flatMap(({ signer }) => (signer ? [formatSigner(signer)] : [])))];
  const waived = services.reduce((sum, { security }) => sum + (security?.waived.length ?? 0), 0);
  const findings =
    assessed.checks.security === "passed"
      ? [waived > 0 ? `${waived} ${waived === 1 ? "finding" : "findings"} waived` : "no blocking finding"]
      : [];
  const signed = assessed.verified
    ? `signed by ${signers.join(" and ")}`
    : `not verified: ${assessed.reason}`;
  return [signed, ...findings].join(", ");
}
