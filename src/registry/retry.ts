/** Tries of a request that failed for a reason that passes. */
export const maximumTries = 3;

/** First wait and longest wait between two tries, and the longest `Retry-After` that is waited for; milliseconds. */
const waits = { first: 200, longest: 5_000, told: 30_000 };

/** Whether a status says "not now": request time-out, too many requests, and what a server did wrong. */
export const passes = (status: number): boolean =>
  status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 505);

/** Milliseconds that a `Retry-After` header asks for: seconds, or a date (RFC 9110, 10.2.3). */
export function retryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/**
 * Milliseconds to wait after a failed try: doubling, with jitter of a half, or what the registry asked for.
 * @param attempt the try that failed, 1 for the first
 * @param told what `Retry-After` asks for
 * @param random from 0 to below 1
 * @returns `undefined` when there is nothing to wait for: no try is left, or the registry asks for too long
 */
export function waitAfter(attempt: number, told: number | undefined, random: number): number | undefined {
  if (attempt >= maximumTries) return undefined;
  if (told !== undefined) return told <= waits.told ? told : undefined;
  return Math.min(waits.longest, waits.first * 2 ** (attempt - 1)) * (0.5 + random / 2);
}
