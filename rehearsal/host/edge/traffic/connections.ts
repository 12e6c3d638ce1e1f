/** The clients' connections to one worker: who is busy, and how much has passed. */
import type { Duplex } from "node:stream";

interface Connection {
  /** What the machine sees: the same, or the connection below TLS. */
  raw: Duplex;
  client: string;
  /** Requests under way, and all there were. */
  busy: number;
  requests: number;
  counted: { in: number; out: number };
}

const counts = (stream: Duplex) => {
  const { bytesRead = 0, bytesWritten = 0 } = stream as { bytesRead?: number; bytesWritten?: number };
  return { in: bytesRead, out: bytesWritten };
};

export class Connections {
  private readonly open = new Map<Duplex, Connection>();
  private leaving = false;
  private empty: () => void = () => {};

  add(stream: Duplex, raw: Duplex, client: string): void {
    this.open.set(stream, { raw, client, busy: 0, requests: 0, counted: { in: 0, out: 0 } });
    stream.once("close", () => {
      this.open.delete(stream);
      if (this.open.size === 0) this.empty();
    });
  }

  get size(): number {
    return this.open.size;
  }

  /** True once no further request is wanted on any of them. */
  get stopping(): boolean {
    return this.leaving;
  }

  begin(stream: Duplex): void {
    const connection = this.open.get(stream);
    if (!connection) return;
    connection.busy += 1;
    connection.requests += 1;
  }

  /** No request has come yet. */
  isFresh(stream: Duplex): boolean {
    return this.open.get(stream)?.requests === 0;
  }

  /** A request is over; one whose worker is being left says goodbye. */
  end(stream: Duplex): void {
    const connection = this.open.get(stream);
    if (!connection) return;
    connection.busy -= 1;
    if (connection.busy === 0 && this.leaving) stream.end();
  }

  clientOf(stream: Duplex): string {
    return this.open.get(stream)?.client ?? "";
  }

  /** Bytes read and written since the last call. */
  measure(stream: Duplex): { bytesIn: number; bytesOut: number } {
    const connection = this.open.get(stream);
    const before = connection?.counted ?? { in: 0, out: 0 };
    const now = counts(stream);
    if (connection) connection.counted = now;
    return { bytesIn: now.in - before.in, bytesOut: now.out - before.out };
  }

  /** Resolves when the last is gone. @param idleToo ends those that wait for a request at once */
  async leave(idleToo: boolean): Promise<void> {
    this.leaving = true;
    if (idleToo) {
      for (const [stream, { busy }] of this.open) if (busy === 0) stream.end();
    }
    if (this.open.size > 0) {
      await new Promise<void>((resolve) => {
        this.empty = resolve;
      });
    }
  }

  kill(): void {
    for (const [stream, { raw }] of this.open) {
      stream.destroy();
      raw.destroy();
    }
  }
}
