import { randomFrom } from "./random.ts";

/** Lets the calls of several drivers happen one at a time, in an order that depends on the seed only. */
export class Turns {
  private readonly random: () => number;
  private readonly waiting: (() => void)[] = [];

  constructor(seed: number) {
    this.random = randomFrom(seed);
  }

  /** Resolves when it is this call's turn. */
  take(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.random() < probability;
  }

  /** Gives turns until the work is settled, or nothing waits for a turn any more: then everybody who could go on is dead. */
  async until(work: Promise<unknown>): Promise<void> {
    let settled = false;
    const end = () => {
      settled = true;
    };
    void work.then(end, end);
    for (;;) {
      // Everything that follows from the last turn happens before the next one.
      await new Promise((resolve) => setImmediate(resolve));
      if (settled || this.waiting.length === 0) return;
      const [next] = this.waiting.splice(Math.floor(this.random() * this.waiting.length), 1);
      next?.();
    }
  }
}
