/**
 * GitHub's limits, for those who want to meet them: so many requests an hour (primary), and so many writes a minute (secondary).
 * Source: docs.github.com/rest, "Rate limits for the REST API".
 */
import { type Answer, Refusal, type Request } from "../http/exchange.ts";
import { errorBody } from "./api.ts";

export interface RateLimits {
  /** Requests in an hour; those answered 304 are not counted. Default: 5000 are told, and any number is served. */
  hourly?: number;
  /** Seconds after which the hour is over; default 3600. */
  resetSeconds?: number;
  /** Writes in a minute; default: any number. */
  writesPerMinute?: number;
  /** What a refused write is told to wait, in seconds; default 60. */
  retryAfterSeconds?: number;
}

const minute = 60_000;

/** Counts requests, and refuses those beyond. */
export class RateLimit {
  private readonly limits: RateLimits;
  private readonly hourly: number;
  private used = 0;
  private resets: number;
  private writes: number[] = [];
  private quietUntil = 0;

  constructor(limits: RateLimits = {}) {
    this.limits = limits;
    this.hourly = limits.hourly ?? 5000;
    this.resets = this.nextReset();
  }

  /** Counts a request; throws 403 with what GitHub says of the limit that it is beyond. */
  count({ method }: Pick<Request, "method">): void {
    if (Date.now() >= this.resets * 1000) {
      this.used = 0;
      this.resets = this.nextReset();
    }
    if (this.limits.hourly !== undefined && this.used >= this.hourly)
      throw this.refusal("API rate limit exceeded for this token.", {});
    this.used += 1;
    if (method !== "GET" && method !== "HEAD") this.countWrite();
  }

  /** What was answered 304 was not counted after all. */
  forgive({ status }: Pick<Answer, "status">): void {
    if (status === 304) this.used -= 1;
  }

  /** The headers that tell of it; the reset in seconds since 1970. */
  headers(): Record<string, string> {
    return {
      "x-ratelimit-limit": String(this.hourly),
      "x-ratelimit-remaining": String(this.remaining),
      "x-ratelimit-used": String(this.used),
      "x-ratelimit-reset": String(this.resets),
    };
  }

  /** Where nothing is refused, nothing is said to be used up. */
  private get remaining(): number {
    return Math.max(this.hourly - this.used, this.limits.hourly === undefined ? 1 : 0);
  }

  private countWrite(): void {
    const { writesPerMinute = Number.POSITIVE_INFINITY, retryAfterSeconds = 60 } = this.limits;
    const now = Date.now();
    this.writes = this.writes.filter((at) => at > now - minute);
    if (now >= this.quietUntil && this.quietUntil > 0) {
      this.writes = [];
      this.quietUntil = 0;
    }
    if (this.writes.length >= writesPerMinute && this.quietUntil === 0)
      this.quietUntil = now + retryAfterSeconds * 1000;
    if (this.quietUntil > 0) {
      const message =
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
      throw this.refusal(message, { "retry-after": String(Math.ceil((this.quietUntil - now) / 1000)) });
    }
    this.writes.push(now);
  }

  private nextReset(): number {
    return Math.ceil(Date.now() / 1000) + (this.limits.resetSeconds ?? 3600);
  }

  private refusal(message: string, headers: Record<string, string>): Refusal {
    return new Refusal({
      status: 403,
      json: errorBody(403, message),
      headers: { ...this.headers(), ...headers },
    });
  }
}
