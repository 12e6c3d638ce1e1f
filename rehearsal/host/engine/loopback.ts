/** 127.0.0.1 of one host. Nothing of this machine is bound: several hosts use the same ports. */
import { Duplex } from "node:stream";

/** What a connection sees when its other end is gone without having said goodbye. */
class ConnectionReset extends Error {
  override name = "ConnectionReset";
  readonly code = "ECONNRESET";

  constructor() {
    super("read ECONNRESET");
  }
}

/** A port on which something listens already. */
export class PortTaken extends Error {
  override name = "PortTaken";
}

/** One end of a connection that lives in memory. */
class End extends Duplex {
  bytesRead = 0;
  bytesWritten = 0;
  readonly remoteAddress = "127.0.0.1";
  private other: End | undefined;
  private more: (() => void) | undefined;

  static pair(): [End, End] {
    const [one, two] = [new End(), new End()];
    one.other = two;
    two.other = one;
    return [one, two];
  }

  /** Sockets of the operating system have it, and HTTP servers and clients ask for it. */
  setTimeout(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  override _read(): void {
    const { more } = this;
    this.more = undefined;
    more?.();
  }

  override _write(chunk: Buffer, _encoding: string, done: (cause?: Error) => void): void {
    const { other } = this;
    if (!other || other.destroyed) return done(new ConnectionReset());
    this.bytesWritten += chunk.length;
    if (chunk.length === 0) return queueMicrotask(done);
    other.bytesRead += chunk.length;
    other.more = done;
    other.push(chunk);
  }

  override _final(done: () => void): void {
    this.other?.push(null);
    done();
  }

  override _destroy(cause: Error | null, done: (cause?: Error | null) => void): void {
    const { other } = this;
    done(cause);
    this.more?.();
    if (!other || other.destroyed) return;
    // Whoever has said goodbye may go: what it said is still read.
    if (!this.writableFinished) other.destroy(new ConnectionReset());
  }
}

export type Accept = (connection: Duplex) => void;

/** The loopback interface of a host: its containers' ports and its edge's, and connections to them. */
export class Loopback {
  private readonly listeners = new Map<number, Accept>();

  /** Listens until the result is called. @throws PortTaken */
  listen(port: number, accept: Accept): () => void {
    if (this.listeners.has(port)) throw new PortTaken(`127.0.0.1:${port}: address already in use`);
    this.listeners.set(port, accept);
    return () => {
      if (this.listeners.get(port) === accept) this.listeners.delete(port);
    };
  }

  /** A connection; nothing when it is refused. */
  connect(port: number): Duplex | undefined {
    const accept = this.listeners.get(port);
    if (!accept) return undefined;
    const [here, there] = End.pair();
    accept(there);
    return here;
  }
}
