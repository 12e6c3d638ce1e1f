import { randomBytes } from "node:crypto";
import type { Entry } from "../ledger/entry.ts";
import type { Lease, Ledger } from "../ledger/ledger.ts";
import { clock } from "../plan/gates/words.ts";
import type { StorageFigure } from "../plan/metrics/prometheus.ts";
import { asFailure, Failure } from "../release/failure.ts";
import type { DriverContext } from "./context.ts";

/** The journal and the lease of clean-ups: beside those of the environments, which they must not keep from going back. */
export const cleanupPlace = "clean-up";

/** One clean-up an hour (specification, "Limits and timeouts"). Milliseconds. */
const between = 3_600_000;

const begins = /^begins: /;
const ends = /^ends: /;

/** When the last clean-up began; nothing when its driver was killed: then the next one goes on with it. */
function lastOf(entries: readonly Entry[]): Date | undefined {
  const notes = entries.flatMap((entry) => (entry.entry === "note" ? [entry] : []));
  const begun = notes.findLastIndex(({ text }) => begins.test(text));
  const ended = notes.findLastIndex(({ text }) => ends.test(text));
  const note = notes[begun];
  return note && ended > begun ? new Date(note.time) : undefined;
}

/** What a note says of storage: bytes in use, and those that may be. */
const measured = /(\d+) of (\d+) bytes in use/;

/** Bytes in use, in the words that `lastStorage` finds again. */
export const storageText = (used: number, limit: number): string => `${used} of ${limit} bytes in use`;

/** What images took up when a clean-up measured it last; nothing before the first. @throws Failure as `Ledger.read` */
export async function lastStorage(ledger: Ledger): Promise<StorageFigure | undefined> {
  const notes = (await ledger.read(cleanupPlace)).flatMap((entry) => (entry.entry === "note" ? [entry] : []));
  const last = notes.findLast(({ text }) => measured.test(text));
  const [, used, limit] = measured.exec(last?.text ?? "") ?? [];
  if (!last || used === undefined || limit === undefined) return undefined;
  return { used: Number(used), limit: Number(limit), measured: new Date(last.time) };
}

/** One clean-up's right to delete, and what it writes down before it does. */
export class CleanupJournal implements AsyncDisposable {
  readonly id: string;
  private readonly context: Pick<DriverContext, "actor" | "now">;
  private readonly ledger: Ledger;
  private readonly lease: Lease;

  private constructor(context: Pick<DriverContext, "actor" | "now">, ledger: Ledger, lease: Lease) {
    this.context = context;
    this.ledger = ledger;
    this.lease = lease;
    this.id = lease.holder.promotion;
  }

  /** Takes the lease of clean-ups. @throws Failure `RateLimited`, `LedgerUnavailable`, `LedgerCorrupted` */
  static async begin(context: DriverContext): Promise<CleanupJournal> {
    const ledger = await context.ledger();
    const now = context.now();
    const lease = await acquire(ledger, context.actor, now);
    const journal = new CleanupJournal(context, ledger, lease);
    // Under the lease: two that begin at once must not both find the hour free.
    const last = lastOf(await ledger.read(cleanupPlace).catch((thrown: unknown) => journal.leave(thrown)));
    const free = last && last.getTime() + between;
    if (free === undefined || free <= now.getTime()) return journal;
    return journal.leave(
      new Failure({
        code: "RateLimited",
        message: `at most 1 clean-up in 1 h may begin; the next at ${clock(new Date(free), now, "UTC")}`,
        hint: "liftlock cleanup   (shows what it would do)",
      }),
    );
  }

  private async leave(thrown: unknown): Promise<never> {
    await this[Symbol.asyncDispose]();
    throw asFailure(thrown);
  }

  /** Writes what is about to be done. @throws Failure `LeaseLost`, `LedgerUnavailable` */
  async note(word: "begins" | "deletes" | "ends", text: string): Promise<void> {
    await this.lease.verify();
    await this.ledger.append(cleanupPlace, {
      entry: "note",
      time: this.context.now().toISOString(),
      actor: this.context.actor,
      fence: this.lease.fence,
      promotion: this.id,
      text: `${word}: ${text}`,
    });
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.lease[Symbol.asyncDispose]();
  }
}

async function acquire(ledger: Ledger, actor: string, now: Date): Promise<Lease> {
  const id = `cleanup-${now.toISOString().slice(0, 16).replaceAll(/[-:]/g, "")}-${randomBytes(3).toString("hex")}`;
  try {
    return await ledger.acquire(cleanupPlace, { promotion: id, actor });
  } catch (thrown) {
    const failure = asFailure(thrown);
    if (failure.code !== "PromotionInProgress") throw failure;
    throw new Failure({
      code: "RateLimited",
      message: `another clean-up is under way: ${failure.message}`,
      hint: "Wait for it; liftlock cleanup shows what would be left to do.",
      cause: failure,
    });
  }
}
