import { httpProblem } from "./address.ts";
import { errorCode, type Outcome, tooLate } from "./channel.ts";

/** `Retry-After` in milliseconds: seconds, or a date (RFC 9110, 10.2.3). */
export function retryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/**
 * Posts JSON. Redirects are not followed: they would carry the message to where nobody wanted it. Another try may help after 408,
 * 429, 5xx and no answer, as Slack and PagerDuty say.
 */
export async function postJson(
  address: string,
  body: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Outcome> {
  const problem = httpProblem(address);
  if (problem !== undefined)
    return { delivered: false, problem: `the address cannot be used: ${problem}`, again: false };
  try {
    const response = await fetch(address, {
      method: "POST",
      headers: { "content-type": "application/json", "user-agent": "liftlock", ...headers },
      body,
      redirect: "manual",
      signal,
    });
    await response.body?.cancel();
    const { status, ok } = response;
    if (ok) return { delivered: true };
    const again = status === 408 || status === 429 || status >= 500;
    const after = again ? retryAfter(response.headers.get("retry-after"), Date.now()) : undefined;
    return { delivered: false, problem: `answered ${status}`, again, ...(after !== undefined && { after }) };
  } catch (thrown) {
    if (signal.aborted) return tooLate;
    return { delivered: false, problem: `not reachable${errorCode(thrown)}`, again: true };
  }
}
