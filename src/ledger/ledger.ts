import type { ChainReport } from "./chain.ts";
import type { Entry, EntryDraft, EntryOf } from "./entry.ts";
import type { Holder } from "./holder.ts";
import type { Repaired, Repairer } from "./repair.ts";

/** What a lease is asked for with. */
export interface LeaseRequest {
  /** The promotion's correlation id. */
  promotion: string;
  /** Who acts, for the entry `lock`. */
  actor: string;
  /** A person's reason for taking the lease from a driver that is alive. That driver can write and act no more. */
  takeOver?: { why: string };
}

/**
 * The right to change one environment, held by one driver at a time and renewed by itself until it is disposed of. Every lease has a
 * higher fencing number than all before it; what was written under a lower one is refused.
 */
export interface Lease extends AsyncDisposable {
  readonly environment: string;
  /** Goes into every entry of the promotion. */
  readonly fence: number;
  readonly holder: Holder;
  /** Who held it before without giving it back; then the journal has an entry `lock`. */
  readonly abandoned: Holder | undefined;
  /** False from the moment the lease is known to be lost, or given back. No look at the store: see `verify`. */
  readonly held: boolean;
  /** Aborts with a `Failure` `LeaseLost` when a renewal finds another holder, or none could be made for the lease's whole time. */
  readonly lost: AbortSignal;
  /**
   * Looks, and renews: afterwards nobody else takes the lease for its whole time. To be called before every effect.
   * @throws Failure `LeaseLost`; `LedgerUnavailable` when the store does not answer
   */
  verify(): Promise<void>;
}

/** Where a ledger is, for people. */
export interface LedgerLocation {
  /** A directory, or a database's address without user and password. */
  description: string;
  /** False: seen on this machine only. */
  shared: boolean;
}

/** What retention did. */
export interface Pruned {
  /** Entries removed. */
  removed: number;
  /** The last one that went; absent when none did. */
  through?: number;
}

/**
 * Journals and leases of all environments of one installation. Every method throws a `Failure`: `LedgerUnavailable` when the store
 * cannot be read or written, after its own retries; `StackUnknown` for a name that cannot be an environment's.
 */
export interface Ledger extends AsyncDisposable {
  readonly location: LedgerLocation;

  /**
   * Writes one entry; when this returns it is on disk and chained.
   * The caller masks secrets before: nothing here knows any.
   * @throws Failure `LeaseLost` when the entry's fence is not that of the newest lease; `LedgerCorrupted` when the end of the journal
   * does not fit its head; `Unexpected` for an entry of another shape
   */
  append(environment: string, draft: EntryDraft): Promise<Entry>;

  /**
   * Proven entries, oldest first; those of the time before the chain come first, with `v` 0.
   * @param after only entries with a higher number; default 0: all
   * @throws Failure `LedgerCorrupted` naming place and line
   */
  read(environment: string, after?: number): Promise<Entry[]>;

  /** First entry of the newest promotion that never ended. @throws as `read` */
  open(environment: string): Promise<EntryOf<"started"> | undefined>;

  /** @throws Failure `PromotionInProgress` naming the holder */
  acquire(environment: string, request: LeaseRequest): Promise<Lease>;

  /** Who holds the environment now, if anybody does. */
  current(environment: string): Promise<Holder | undefined>;

  /** Proves the journal; what is wrong with it is in the report, not thrown. */
  verify(environment: string): Promise<ChainReport>;

  /**
   * Removes entries older than `before` (see `retention`), keeping the rest provable and what is in force in force.
   * @throws Failure `LedgerCorrupted`: evidence is not removed
   */
  prune(environment: string, before: Date, actor: string): Promise<Pruned>;

  /**
   * Goes on behind a journal that is not intact. Nothing of it is changed: an entry names what is broken, and a new segment of the chain
   * begins with it. What can be read of the entries before stays in force.
   * @returns that entry; nothing when the journal is intact
   * @throws Failure `PromotionInProgress` while somebody holds the environment
   */
  repair(environment: string, by: Repairer): Promise<Repaired>;

  /** Gives connections back. Leases are to be disposed of before. */
  close(): Promise<void>;
}
