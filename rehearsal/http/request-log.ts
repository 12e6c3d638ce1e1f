/** What was asked of a part of the world, so that tests can say so. */
import type { FaultAction } from "../faults/faults.ts";

export interface LoggedRequest {
  method: string;
  /** Path with its query, as it was asked for. */
  path: string;
  /** Who asks, by the User-Agent header; empty when there is none. */
  agent: string;
  /** Address that it came from: a simulated host's own, when a host asks. */
  from: string;
  /** The status sent; 0 when none was, because the connection was closed first. */
  status: number;
  /** When it arrived, milliseconds since 1970. */
  at: number;
  /** From arrival to answer. */
  milliseconds: number;
  /** True when no route answers this: the asker expects something this part does not have. */
  unknown: boolean;
  /** The fault that was applied, if any. */
  fault?: FaultAction["kind"];
}

/** The newest requests, oldest first; older ones are forgotten. */
export class RequestLog {
  private readonly kept: LoggedRequest[] = [];
  private readonly limit: number;

  /** @param limit how many requests are kept */
  constructor(limit = 10_000) {
    this.limit = limit;
  }

  add(request: LoggedRequest): void {
    this.kept.push(request);
    if (this.kept.length > this.limit) this.kept.shift();
  }

  /** All that is kept, oldest first. */
  all(): readonly LoggedRequest[] {
    return this.kept;
  }

  /** Requests that nothing here answers. */
  unknown(): readonly LoggedRequest[] {
    return this.kept.filter((request) => request.unknown);
  }

  /** How many requests match, compared as `METHOD path?query`. */
  count(pattern: RegExp): number {
    return this.kept.filter(({ method, path }) => pattern.test(`${method} ${path}`)).length;
  }

  clear(): void {
    this.kept.length = 0;
  }
}
