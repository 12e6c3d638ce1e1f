import { Octokit } from "@octokit/core";
import { retry } from "@octokit/plugin-retry";
import { throttling } from "@octokit/plugin-throttling";

const Paced = Octokit.plugin(retry, throttling);

/** Statuses that another try does not change; rate limits are waited for in client.ts, where a signal ends the wait. */
const final = Array.from({ length: 100 }, (_, index) => 400 + index).filter((status) => status !== 408);

/** Milliseconds for one try, its answer included. */
const tryLimit = 30_000;

/**
 * Only github.com's own API paces writes (one a second, and slower what tells people): Enterprise Servers have no rate limits unless
 * their administrators set some. https://docs.github.com/enterprise-server/admin/configuring-settings/configuring-rate-limits
 */
const isPaced = (url: string): boolean => /(^|\.)(github\.com|ghe\.com)$/.test(new URL(url).hostname);

/** Fetches, and reads the whole body within the limit: Octokit takes a body that broke off for an empty one. */
async function fetchWhole(address: string, init: RequestInit): Promise<Response> {
  const limit = AbortSignal.timeout(tryLimit);
  const signal = init.signal ? AbortSignal.any([init.signal, limit]) : limit;
  const response = await fetch(address, { ...init, signal });
  const { status, statusText, headers } = response;
  const bodiless = status === 204 || status === 205 || status === 304;
  const body = bodiless ? null : await response.arrayBuffer();
  return new Response(body, { status, statusText, headers });
}

const silent = () => undefined;

/** Octokit with our time-outs, retries of what fails for a reason that passes, and the pace that GitHub asks for. */
export function makeOctokit(url: string, token: string, userAgent: string): Octokit {
  return new Paced({
    baseUrl: url,
    auth: token,
    userAgent,
    log: { debug: silent, info: silent, warn: silent, error: silent },
    // One, four and nine seconds, with jitter of a half: many drivers would otherwise come back together.
    retry: { doNotRetry: final, retryAfterBaseValue: 1000 * (0.5 + Math.random() / 2) },
    throttle: { enabled: isPaced(url), onRateLimit: () => false, onSecondaryRateLimit: () => false },
    request: { fetch: fetchWhole },
  });
}
