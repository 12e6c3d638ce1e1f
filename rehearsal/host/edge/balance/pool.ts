/** The servers of a backend, and whose turn it is. */
import type { Backend } from "../config/model.ts";
import { newCounters } from "./counters.ts";
import { Target } from "./target.ts";

export class Pool {
  readonly config: Backend;
  readonly targets: readonly Target[];
  readonly counters = newCounters();
  readonly startedAt = Date.now();
  /** How far each server is ahead of, or behind, its share. */
  private readonly credit = new Map<Target, number>();

  constructor(config: Backend, tell: (line: string) => void) {
    this.config = config;
    const say = (line: string) => {
      tell(
        `${line} ${this.usable.length} active and 0 backup servers ${this.usable.length > 0 ? "online" : "left"}.`,
      );
      if (this.usable.length === 0) tell(`backend ${config.name} has no server available!`);
    };
    this.targets = config.servers.map((server) => new Target(config.name, server, say));
  }

  get usable(): Target[] {
    return this.targets.filter((target) => target.usable);
  }

  /**
   * Weighted round robin: each gets its weight's share, spread as evenly as can be. A retry avoids the server that has
   * just failed, if there is another. Nothing when no server is usable.
   */
  next(avoid?: Target): Target | undefined {
    const usable = this.usable;
    const others = usable.filter((target) => target !== avoid);
    const candidates = others.length > 0 ? others : usable;
    const total = candidates.reduce((sum, { weight }) => sum + weight, 0);
    let best: Target | undefined;
    for (const target of candidates) {
      const credit = (this.credit.get(target) ?? 0) + target.weight;
      this.credit.set(target, credit);
      if (!best || credit > (this.credit.get(best) ?? 0)) best = target;
    }
    if (!best) return undefined;
    this.credit.set(best, (this.credit.get(best) ?? 0) - total);
    best.counters.chosen += 1;
    this.counters.chosen += 1;
    return best;
  }

  /** After a change of weights or states nobody is ahead any more. */
  forgetShares(): void {
    this.credit.clear();
  }
}
