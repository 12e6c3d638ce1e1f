/** The API's limit: so many requests an hour, told in the headers of every answer. */
import { refuse } from "./api.ts";

/** Counts requests in windows of an hour. The real limit slides; a rehearsal does not need that. */
export class RateLimit {
  private readonly hourly: number;
  private used = 0;
  private resets: number;

  constructor(hourly: number) {
    this.hourly = hourly;
    this.resets = Math.floor(Date.now() / 1000) + 3600;
  }

  /** Counts a request; throws 429 when there were too many. */
  count(): void {
    const now = Math.floor(Date.now() / 1000);
    if (now >= this.resets) {
      this.used = 0;
      this.resets = now + 3600;
    }
    this.used += 1;
    if (this.used > this.hourly) throw refuse(429, "API Rate limit exceeded.");
  }

  /** The headers that tell of it; the reset in seconds since 1970. */
  headers(): Record<string, string> {
    return {
      "ratelimit-limit": String(this.hourly),
      "ratelimit-remaining": String(Math.max(this.hourly - this.used, 0)),
      "ratelimit-reset": String(this.resets),
    };
  }
}
