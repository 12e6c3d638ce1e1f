/** Ready-made faults for `shopRelease({ faults })`: ways in which releases go wrong. */
import type { BehaviourInput } from "./behaviour.ts";
import type { ShopFaults } from "./shop.ts";

type Fault = Partial<BehaviourInput>;

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
