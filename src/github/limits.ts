/** What of an answer says when to ask again. */
export interface LimitSigns {
  status: number;
  headers: Readonly<Record<string, string | number | undefined>>;
  /** What GitHub said. */
  message: string;
}

/** Wait where GitHub names none: "at least one minute". https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api */
const unnamed = 60_000;

/**
 * Milliseconds after which a request may be sent again that a rate limit refused: `Retry-After` (secondary limits), else when the
 * primary limit's hour is over, a second later, else a minute.
 * @param now milliseconds since 1970
 * @returns `undefined` for an answer that is no matter of rate limits
 */
export function limitWait({ status, headers, message }: LimitSigns, now: number): number | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const told = String(headers["retry-after"] ?? "").trim();
  if (/^\d{1,9}$/.test(told)) return Number(told) * 1000;
  if (String(headers["x-ratelimit-remaining"] ?? "") === "0") {
    const reset = Number(headers["x-ratelimit-reset"] ?? Number.NaN) * 1000;
    return Number.isFinite(reset) ? Math.max(0, reset - now) + 1000 : unnamed;
  }
  return status === 429 || /rate limit/i.test(message) ? unnamed : undefined;
}
