/** Lets a limited number of provider calls run at once; the others wait their turn. */
export class Slots {
  readonly #limit: number;
  readonly #waiting: (() => void)[] = [];
  #active = 0;
  #idle: (() => void)[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Runs `work` when there is room; `verify` may still refuse at that moment. */
  async run<T>(verify: () => void, work: () => Promise<T>): Promise<T> {
    if (this.#active >= this.#limit) await new Promise<void>((go) => this.#waiting.push(go));
    this.#active++;
    try {
      verify();
      return await work();
    } finally {
      this.#active--;
      this.#waiting.shift()?.();
      if (this.#active === 0) for (const done of this.#idle.splice(0)) done();
    }
  }

  /** Resolves once nothing runs any more. */
  idle(): Promise<void> {
    if (this.#active === 0) return Promise.resolve();
    return new Promise((done) => this.#idle.push(done));
  }
}
