/** What a container wrote. */

export type Stream = "stdout" | "stderr";

export interface LogLine {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly stream: Stream;
  readonly text: string;
}

/** The newest lines of one container; older ones are forgotten. */
export class LogBuffer {
  private lines: LogLine[] = [];
  private readonly limit: number;

  /** @param limit how many lines are kept */
  constructor(limit = 1000) {
    this.limit = limit;
  }

  add(stream: Stream, text: string): void {
    this.lines.push({ at: Date.now(), stream, text });
    if (this.lines.length > this.limit) this.lines.shift();
  }

  /** Oldest first; only the last `count` when one is given. */
  tail(count?: number): readonly LogLine[] {
    if (count === undefined) return this.lines;
    return count === 0 ? [] : this.lines.slice(-count);
  }
}
