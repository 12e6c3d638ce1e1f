import { type Entry, type EntryDraft, openPromotions } from "../ledger/entry.ts";
import type { Lease, Ledger } from "../ledger/ledger.ts";
import { retention } from "../ledger/retention.ts";
import type { Reason } from "../plan/promotion.ts";
import { asFailure, type Failure } from "../release/failure.ts";
import type { DriverContext } from "./context.ts";
import type { PromotionResult } from "./messages.ts";

type Given<T> = T extends EntryDraft ? Omit<T, "time" | "actor" | "fence" | "promotion" | "kind"> : never;

/** What a promotion writes of itself; who, when and under which lease is added. */
export type RunEntry = Given<
  Extract<EntryDraft, { entry: "started" | "intent" | "confirmed" | "failed" | "ended" }>
>;

/** What is written beside the steps. */
export type RunRemark = Given<
  Extract<EntryDraft, { entry: "requested" | "override" | "veto" | "unveto" | "note" }>
>;

/** The journal as one promotion writes it: under its lease, in its name. */
export class RunJournal {
  readonly promotion: string;
  private readonly context: Pick<DriverContext, "actor" | "now" | "notify">;
  private readonly ledger: Ledger;
  private readonly lease: Lease;
  private readonly kind: PromotionResult["kind"];
  private warned = false;

  constructor(
    context: Pick<DriverContext, "actor" | "now" | "notify">,
    ledger: Ledger,
    lease: Lease,
    kind: PromotionResult["kind"],
  ) {
    this.promotion = lease.holder.promotion;
    this.context = context;
    this.ledger = ledger;
    this.lease = lease;
    this.kind = kind;
  }

  /** @throws Failure `LeaseLost`, `LedgerUnavailable` */
  async append(entry: RunEntry): Promise<void> {
    await this.write({ ...entry, kind: this.kind });
  }

  /** @throws Failure `LeaseLost`, `LedgerUnavailable` */
  async remark(entry: RunRemark): Promise<void> {
    await this.write(entry);
  }

  private async write(entry: object): Promise<void> {
    const { actor, now } = this.context;
    const place = { time: now().toISOString(), actor, fence: this.lease.fence };
    // An entry of another promotion says so itself.
    const draft = { promotion: this.promotion, ...entry, ...place } as EntryDraft;
    await this.ledger.append(this.lease.environment, draft);
  }

  /**
   * Proves that nobody took the environment over, and writes what comes next.
   * @param needed false on the way back: a ledger that is down must not keep an environment down, as long as nobody else was
   * given the lease
   * @throws Failure `LeaseLost`, and `LedgerUnavailable` when needed
   */
  async announce(entry: RunEntry, needed: boolean): Promise<void> {
    await this.tolerant(needed, async () => {
      await this.lease.verify();
      await this.append(entry);
    });
  }

  /** Writes what happened. @throws as `announce` */
  async record(entry: RunEntry, needed: boolean): Promise<void> {
    await this.tolerant(needed, () => this.append(entry));
  }

  /** Ends every other promotion that never ended. @throws Failure `LeaseLost`, `LedgerUnavailable` */
  async closeOthers(reason: Reason): Promise<void> {
    for (const { promotion } of openPromotions(await this.entries()))
      if (promotion !== this.promotion)
        await this.write({ entry: "ended", promotion, kind: this.kind, status: "Failed", reason });
  }

  /** Lets go of what is older than retention asks for. @throws Failure `LedgerCorrupted`, `LedgerUnavailable` */
  async forgetOld(): Promise<void> {
    const { actor, now } = this.context;
    const before = new Date(now().getTime() - retention);
    const [oldest] = await this.entries();
    if (oldest && new Date(oldest.time) < before)
      await this.ledger.prune(this.lease.environment, before, actor);
  }

  /** Everything written about the environment. @throws Failure `LedgerCorrupted`, `LedgerUnavailable` */
  entries(): Promise<Entry[]> {
    return this.ledger.read(this.lease.environment);
  }

  private async tolerant(needed: boolean, write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (thrown) {
      const failure = asFailure(thrown);
      if (needed || failure.code !== "LedgerUnavailable" || !this.lease.held) throw failure;
      this.warn(failure);
    }
  }

  private warn(failure: Failure): void {
    if (this.warned) return;
    this.warned = true;
    const message = `${failure.message}; the way back is taken all the same, and not journaled`;
    this.context.notify({ code: "warning", payload: { message } });
  }
}
