/** Tells the driver's own time from the time it waits for the engine and for hosts. Milliseconds within, seconds out. */
export class Stopwatch {
  private readonly begun = performance.now();
  private waiting = 0;
  private since = 0;
  private waited = 0;

  /** Time that is not ours: an engine's preview or update, or work on a host. Overlapping ones count once. */
  async outside<T>(work: Promise<T>): Promise<T> {
    if (this.waiting++ === 0) this.since = performance.now();
    try {
      return await work;
    } finally {
      if (--this.waiting === 0) this.waited += performance.now() - this.since;
    }
  }

  /** Total and own seconds since the start. */
  read(): { seconds: number; own: number } {
    const now = performance.now();
    const total = now - this.begun;
    const out = this.waited + (this.waiting > 0 ? now - this.since : 0);
    return { seconds: total / 1000, own: Math.max(0, total - out) / 1000 };
  }

  /** A reading for one span: call `stop` at its end. */
  span(): () => { seconds: number; own: number } {
    const start = this.read();
    return () => {
      const end = this.read();
      return { seconds: end.seconds - start.seconds, own: end.own - start.own };
    };
  }
}
