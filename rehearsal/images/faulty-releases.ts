/** Ready-made faults for `shopRelease({ faults })`: ways in which releases go wrong. */
import type { ImageFaults, ShopFaults } from "./shop.ts";

type Fault = ImageFaults;

/** A condition on the environment of the container; the fault is absent elsewhere. */
export interface Where {
  environment: Record<string, string>;
}

const only = (where: Where | undefined) => (where ? { when: where } : {});

/** Ends with code 1 after 150 ms, with these lines on standard error. */
export function crashes(log: string[], where?: Where): Fault {
  return { exit: { code: 1, afterMilliseconds: 150, log, ...only(where) } };
}

/** Runs, but its health check is answered with 503 for ever. */
export function neverHealthy(where?: Where): Fault {
  return { answers: [{ path: "/healthz", status: 503, body: "starting", ...only(where) }] };
}

/** Accepts requests for `path` and never answers them; default the health check. */
export function hangs(path = "/healthz", where?: Where): Fault {
  return { answers: [{ path, delayMilliseconds: -1, ...only(where) }] };
}

/** Answers `path` only after so many milliseconds; default `/`, 3 s. */
export function slow(path = "/", delayMilliseconds = 3000, where?: Where): Fault {
  return { answers: [{ path, delayMilliseconds, ...only(where) }] };
}

/** Answers `path` with an error while its health check stays well; from the n-th request on, default the first. */
export function answersErrors(path = "/", status = 500, fromRequest = 1, where?: Where): Fault {
  return { answers: [{ path, status, fromRequest, body: "internal server error", ...only(where) }] };
}

/**
 * Healthy in staging (`PAYMENT_MODE=test`), but in production (`PAYMENT_MODE=live`) the api ends 150 ms after its start:
 * a release that passes every gate before production.
 */
export const badInProduction: ShopFaults = {
  api: crashes(["Error: STRIPE_LIVE_KEY is not set", "    at connect (payments.js:41)"], {
    environment: { PAYMENT_MODE: "live" },
  }),
};

/** Nobody signed it, and nobody attested anything of it. */
export const unsigned: Fault = { evidence: { signer: "nobody" } };

/** Signed and attested, by a key that nobody trusts. */
export const signedByAnother: Fault = { evidence: { signer: "stranger" } };

/** The trusted key's signature and attestations, but all of them speak of another image. */
export const signatureOfAnother: Fault = { evidence: { subject: "another image" } };

/** Built from this commit, while the release says another one. */
export const builtFrom = (revision: string): Fault => ({ build: { revision } });

/** Signed by the trusted key; its provenance names another workflow of the repository. */
export const builtByAnotherWorkflow: Fault = { evidence: { workflow: ".github/workflows/nightly.yml" } };

/** The scan found something of this CVSS score; default 8.1, which is high. */
export const hasFinding = (id: string, score = 8.1): Fault => ({ evidence: { findings: [{ id, score }] } });

/** Its manifest says that its last layer has so many bytes; default 2 GB. What is in the registry is as small as ever. */
export const tooLarge = (declaredBytes = 2_000_000_000): Fault => ({ build: { declaredBytes } });
