/** What a load was like: one entry a request, in columns, so that hundreds of thousands fit and pass between processes as they are. */

/** How a request was made: on a connection of its own, on one that is kept, or one that the service answers after 300 ms. */
export const kinds = ["new connection", "keep-alive", "300 ms"] as const;

/** How it ended. The first is good; all the others are dropped requests. */
export const outcomes = [
  "answered",
  "refused",
  "reset",
  "timed out",
  "status 5xx",
  "not understood",
] as const;

export type Outcome = (typeof outcomes)[number];

/** As it passes between processes. The n-th entries of all columns are one request, in the order in which they were sent. */
export interface Recording {
  /** When the first request was due: milliseconds since 1970. */
  begun: number;
  /** When each was sent and when it had ended, milliseconds since `begun`. */
  sent: Float64Array;
  ended: Float64Array;
  /** Index in `kinds`, in `outcomes`, in the targets, in `versions`. */
  kind: Uint8Array;
  outcome: Uint8Array;
  target: Uint8Array;
  version: Uint8Array;
  /** Bodies of the answers; the first is that of requests which were not answered. */
  versions: string[];
  /** Requests that were not sent because too many were under way: then the rate was not kept. */
  withheld: number;
}

/** How long a request may take, milliseconds; then it is dropped. */
export const patience = 5000;

/** A recording while it is made. */
export class Recorder {
  private readonly columns: Omit<Recording, "begun" | "versions" | "withheld">;
  private readonly versions = [""];
  private readonly begun: number;
  private readonly start = performance.now();
  private count = 0;
  private pending = 0;
  withheld = 0;

  /** @param capacity requests that it has room for */
  constructor(capacity: number) {
    this.begun = performance.timeOrigin + this.start;
    this.columns = {
      sent: new Float64Array(capacity),
      ended: new Float64Array(capacity),
      kind: new Uint8Array(capacity),
      outcome: new Uint8Array(capacity),
      target: new Uint8Array(capacity),
      version: new Uint8Array(capacity),
    };
  }

  /** Requests that have not ended. */
  get underWay(): number {
    return this.pending;
  }

  get isFull(): boolean {
    return this.count === this.columns.sent.length;
  }

  /** Milliseconds since the first request was due. */
  get clock(): number {
    return performance.now() - this.start;
  }

  /** @returns the request's number, for `end` */
  send(kind: number, target: number): number {
    const { columns } = this;
    const index = this.count++;
    columns.kind[index] = kind;
    columns.target[index] = target;
    columns.sent[index] = this.clock;
    this.pending += 1;
    return index;
  }

  /** Counts the first end of a request; what is said of it later does not count. */
  end(index: number, outcome: Outcome, body = ""): void {
    const { columns } = this;
    if (columns.ended[index] !== 0) return;
    columns.ended[index] = this.clock;
    columns.outcome[index] = outcomes.indexOf(outcome);
    columns.version[index] = this.versionOf(body);
    this.pending -= 1;
  }

  private versionOf(body: string): number {
    const known = this.versions.indexOf(body);
    if (known !== -1) return known;
    // A body that is no version says little, and there is room for 255.
    if (this.versions.length > 200 || body.length > 40) return 0;
    return this.versions.push(body) - 1;
  }

  finish(): Recording {
    const { columns, count, begun, versions, withheld } = this;
    return {
      begun,
      versions,
      withheld,
      sent: columns.sent.slice(0, count),
      ended: columns.ended.slice(0, count),
      kind: columns.kind.slice(0, count),
      outcome: columns.outcome.slice(0, count),
      target: columns.target.slice(0, count),
      version: columns.version.slice(0, count),
    };
  }
}
