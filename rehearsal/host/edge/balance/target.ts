/** One server of a backend: its weight, what people want of it, and what checks say. */
import type { Server } from "../config/model.ts";
import { type CheckResult, describeCheck } from "./check-result.ts";
import { newCounters } from "./counters.ts";

/** What was asked for over the runtime API. */
export type Wanted = "ready" | "drain" | "maint";

export class Target {
  readonly backend: string;
  readonly config: Server;
  readonly counters = newCounters();
  weight: number;
  wanted: Wanted = "ready";
  /** From 0 to {@link best}; up from `rise` on. At first one failing check is enough to be down. */
  health: number;
  /** Switched off and on by `disable health` and `enable health`. */
  checked: boolean;
  /** A check is under way. */
  checking = false;
  lastCheck: CheckResult | undefined;
  failedChecks = 0;
  /** How often it went down. */
  downs = 0;
  /** Milliseconds since 1970. */
  changedAt = Date.now();
  private downBefore = 0;
  private readonly tell: (line: string) => void;

  /** @param tell called with what haproxy logs of a change */
  constructor(backend: string, config: Server, tell: (line: string) => void) {
    this.backend = backend;
    this.config = config;
    this.tell = tell;
    this.weight = config.weight;
    this.health = config.rise;
    this.checked = config.check;
  }

  get name(): string {
    return `${this.backend}/${this.config.name}`;
  }

  /** Health after a check has passed. */
  get best(): number {
    return this.config.rise + this.config.fall - 1;
  }

  get up(): boolean {
    return this.wanted !== "maint" && this.health >= this.config.rise;
  }

  /** Whether it may be given requests. */
  get usable(): boolean {
    return this.up && this.wanted === "ready" && this.weight > 0;
  }

  /** Whether it is asked for its health. */
  get watched(): boolean {
    return this.checked && this.wanted !== "maint";
  }

  /** Milliseconds that it was down in all. */
  get downtime(): number {
    return this.downBefore + (this.up ? 0 : Date.now() - this.changedAt);
  }

  /** In the words of `show stat`. */
  get status(): string {
    const { rise, fall } = this.config;
    if (this.wanted === "maint") return "MAINT";
    if (!this.checked && this.up) return this.wanted === "drain" ? "DRAIN" : "no check";
    if (!this.up) return this.health === 0 ? "DOWN" : `DOWN ${this.health}/${rise}`;
    const name = this.wanted === "drain" ? "DRAIN" : "UP";
    return this.health === this.best ? name : `${name} ${this.health - rise + 1}/${fall}`;
  }

  /** Milliseconds until the next check: shorter while it is changing or down. */
  get checkPause(): number {
    const { inter, fastInter, downInter } = this.config;
    if (this.health === this.best) return inter;
    return (this.health === 0 ? downInter : fastInter) ?? inter;
  }

  judge(result: CheckResult): void {
    const { rise } = this.config;
    const wasUp = this.up;
    this.lastCheck = result;
    if (result.status === "L7OK") {
      if (this.health < this.best) this.health += 1;
      if (this.health >= rise) this.health = this.best;
    } else if (this.health >= rise) {
      this.failedChecks += 1;
      this.health -= 1;
      if (this.health < rise) this.health = 0;
    } else this.health = 0;
    if (wasUp !== this.up) this.changed(`reason: ${describeCheck(result)}`);
  }

  /** Does what `set server … health` asks for: a check that comes later may know better. */
  believe(said: "up" | "down"): void {
    const wasUp = this.up;
    this.health = said === "up" ? this.best : 0;
    if (wasUp !== this.up) this.changed("changed from CLI");
  }

  /** Does what `set server … state` asks for. */
  want(wanted: Wanted): void {
    const { wanted: before } = this;
    if (wanted === before) return;
    const wasUp = this.up;
    this.wanted = wanted;
    if (wanted === "maint") {
      this.health = 0;
      this.lastCheck = undefined;
      if (wasUp) this.fell();
      this.tell(`Server ${this.name} is going DOWN for maintenance.`);
    } else if (before === "maint") {
      // Until checks know better, one that comes back is believed to be up.
      this.health = this.config.rise;
      this.rose();
      this.tell(`Server ${this.name} is UP/READY (leaving forced maintenance).`);
    } else if (wanted === "drain") {
      this.changedAt = Date.now();
      this.tell(`Server ${this.name} enters drain state.`);
    } else {
      this.changedAt = Date.now();
      this.tell(`Server ${this.name} is UP (leaving forced drain).`);
    }
  }

  /** Takes over what a server of the same name was before a reload. */
  restore(before: {
    wanted: Wanted;
    up: boolean;
    weight: number | undefined;
    checked: boolean;
    since: number;
  }): void {
    this.wanted = before.wanted;
    this.health = before.up ? this.best : 0;
    if (before.weight !== undefined) this.weight = before.weight;
    if (!before.checked) this.checked = false;
    this.changedAt = before.since;
  }

  private changed(reason: string): void {
    if (this.up) this.rose();
    else this.fell();
    this.tell(`Server ${this.name} is ${this.up ? "UP" : "DOWN"}, ${reason}.`);
  }

  private fell(): void {
    this.downs += 1;
    this.changedAt = Date.now();
  }

  private rose(): void {
    this.downBefore += Date.now() - this.changedAt;
    this.changedAt = Date.now();
  }
}
