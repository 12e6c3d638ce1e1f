import { Failure } from "../release/failure.ts";
import type { Holder } from "./holder.ts";
import type { Lease } from "./ledger.ts";
import { leaseLost } from "./refusals.ts";

/** A lease that was not renewed for so long has expired; it is renewed six times as often. Milliseconds. */
export const leaseTime = 60_000;

/** What a store does for a lease that it gave. */
export interface LeaseKeeper {
  /** False: it is another's now. Throws when the store does not answer. */
  renew(): Promise<boolean>;
  /** Gives it back, if it is still this one. */
  release(): Promise<void>;
}

/** A lease under renewal, the same for every store. */
export class HeldLease implements Lease {
  readonly environment: string;
  readonly holder: Holder;
  readonly abandoned: Holder | undefined;
  private readonly keeper: LeaseKeeper;
  private readonly time: number;
  private readonly timer: NodeJS.Timeout;
  private readonly loss = new AbortController();
  private renewedAt: number;
  private renewing = false;
  private given = false;

  /** @param time milliseconds for which the store keeps it without renewal */
  constructor(
    environment: string,
    holder: Holder,
    abandoned: Holder | undefined,
    keeper: LeaseKeeper,
    time: number,
  ) {
    this.environment = environment;
    this.holder = holder;
    this.abandoned = abandoned;
    this.keeper = keeper;
    this.time = time;
    this.renewedAt = Date.now();
    this.timer = setInterval(() => void this.tick(), time / 6);
    this.timer.unref();
  }

  get fence(): number {
    return this.holder.fence;
  }

  get lost(): AbortSignal {
    return this.loss.signal;
  }

  get held(): boolean {
    return !this.given && !this.loss.signal.aborted;
  }

  private lose(found: string): void {
    clearInterval(this.timer);
    if (this.held) this.loss.abort(leaseLost(this.environment, found));
  }

  private async renew(): Promise<void> {
    // Counted from before the store was asked: it may answer late, but not keep it longer than it says.
    const asked = Date.now();
    if (await this.keeper.renew()) this.renewedAt = asked;
    else this.lose(`another driver took over from lease ${this.fence}`);
  }

  private async tick(): Promise<void> {
    // A store that does not answer at all must not leave the driver in the belief that it holds anything.
    if (Date.now() - this.renewedAt >= this.time)
      this.lose(`lease ${this.fence} could not be renewed for ${this.time / 1000} s`);
    if (this.renewing || !this.held) return;
    this.renewing = true;
    try {
      await this.renew();
    } catch {
      // The next tick tries again, until the lease's time is over.
    } finally {
      this.renewing = false;
    }
  }

  async verify(): Promise<void> {
    if (this.held) await this.renew();
    if (this.loss.signal.aborted && this.loss.signal.reason instanceof Failure) throw this.loss.signal.reason;
    if (this.given) throw leaseLost(this.environment, `lease ${this.fence} was given back`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.given) return;
    clearInterval(this.timer);
    const { held } = this;
    this.given = true;
    if (held) await this.keeper.release();
  }
}
