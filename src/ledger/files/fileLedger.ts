import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../release/failure.ts";
import { type ChainReport, entriesOf, verifyChain } from "../chain.ts";
import { type Entry, type EntryDraft, type EntryOf, openPromotion } from "../entry.ts";
import { HeldLease, leaseTime } from "../heldLease.ts";
import { type Holder, thisHolder } from "../holder.ts";
import type { Lease, LeaseRequest, Ledger, LedgerLocation, Pruned } from "../ledger.ts";
import { lockDraft } from "../lockDraft.ts";
import { provenEntries } from "../proven.ts";
import { demandFence, inProgress, parseName } from "../refusals.ts";
import type { Repaired, Repairer } from "../repair.ts";
import { planPruning } from "../retention.ts";
import { JournalFile } from "./journalFile.ts";
import { LeaseFile } from "./leaseFile.ts";
import { locked } from "./lock.ts";

export interface FileLedgerOptions {
  /** Has a folder for each environment; made when first written to. */
  directory: string;
  shared: boolean;
  /** Milliseconds; default one minute. */
  leaseTime?: number;
}

interface EnvironmentFiles {
  directory: string;
  lock: string;
  journal: JournalFile;
  lease: LeaseFile;
}

/** The ledger as files below one directory, for all processes and machines that see it. */
export class FileLedger implements Ledger {
  readonly location: LedgerLocation;
  private readonly directory: string;
  private readonly leaseTime: number;

  constructor(options: FileLedgerOptions) {
    this.directory = options.directory;
    this.location = { description: options.directory, shared: options.shared };
    this.leaseTime = options.leaseTime ?? leaseTime;
  }

  private files(environment: string): EnvironmentFiles {
    const directory = join(this.directory, parseName(environment));
    return {
      directory,
      lock: join(directory, "journal.lock"),
      journal: new JournalFile(directory, environment),
      lease: new LeaseFile(directory, environment, this.leaseTime),
    };
  }

  /** Alone with an environment's files. */
  private async alone<T>(environment: string, body: (files: EnvironmentFiles, now: Date) => T): Promise<T> {
    const files = this.files(environment);
    return this.guarded(files.directory, async () => {
      mkdirSync(files.directory, { recursive: true, mode: 0o700 });
      return locked(files.lock, (now) => body(files, now));
    });
  }

  private async guarded<T>(place: string, body: () => Promise<T>): Promise<T> {
    try {
      return await body();
    } catch (cause) {
      if (cause instanceof Failure) throw cause;
      throw new Failure({
        code: "LedgerUnavailable",
        message: `expected to read and write the ledger in ${place}: ${cause instanceof Error ? cause.message : String(cause)}`,
        hint: "See that the directory is there, writable, and not full.",
        cause,
      });
    }
  }

  async append(environment: string, draft: EntryDraft): Promise<Entry> {
    return this.alone(environment, ({ journal, lease }) => {
      demandFence(environment, draft.fence, lease.fence());
      return journal.append([draft]);
    });
  }

  async read(environment: string, after = 0): Promise<Entry[]> {
    const { journal } = this.files(environment);
    return this.guarded(journal.file, async () => {
      const entries = provenEntries(journal.text(), journal.file);
      return after === 0 ? entries : entries.filter((entry) => entry.seq > after);
    });
  }

  async open(environment: string): Promise<EntryOf<"started"> | undefined> {
    return openPromotion(await this.read(environment));
  }

  async acquire(environment: string, request: LeaseRequest): Promise<Lease> {
    const taken = await this.alone(environment, ({ journal, lease }, now) => {
      const found = lease.find(now);
      if (found?.alive && !request.takeOver) throw inProgress(environment, found.holder);
      // A counter that was lost is found again in what was written under it.
      const counted = lease.fence() || Math.max(0, ...fencesIn(journal));
      const fence = Math.max(counted, found?.holder.fence ?? 0) + 1;
      const holder = thisHolder(request.promotion, fence, now);
      lease.raise(fence);
      lease.write(holder);
      try {
        if (found) journal.append([lockDraft(request, holder, found.holder, found.alive)]);
      } catch (error) {
        lease.remove();
        throw error;
      }
      return { holder, abandoned: found?.holder };
    });
    return new HeldLease(
      environment,
      taken.holder,
      taken.abandoned,
      {
        renew: () => this.renew(environment, taken.holder),
        release: () => this.release(environment, taken.holder),
      },
      this.leaseTime,
    );
  }

  private async renew(environment: string, holder: Holder): Promise<boolean> {
    return this.alone(environment, ({ lease }, now) => {
      if (lease.find(now)?.holder.id !== holder.id) return false;
      lease.write({ ...holder, renewed: now.toISOString() });
      return true;
    });
  }

  private async release(environment: string, holder: Holder): Promise<void> {
    await this.alone(environment, ({ lease }, now) => {
      if (lease.find(now)?.holder.id === holder.id) lease.remove();
    });
  }

  async current(environment: string): Promise<Holder | undefined> {
    const found = this.files(environment).lease.find(new Date());
    return found?.alive ? found.holder : undefined;
  }

  async verify(environment: string): Promise<ChainReport> {
    const { journal } = this.files(environment);
    return this.guarded(journal.file, async () => verifyChain(journal.text()));
  }

  async prune(environment: string, before: Date, actor: string): Promise<Pruned> {
    return this.alone(environment, ({ journal }, now) => {
      const entries = provenEntries(journal.text(), journal.file);
      const pruning = planPruning(entries, before, { actor, now });
      if (!pruning) return { removed: 0 };
      journal.append(pruning.drafts);
      journal.cut(pruning.through, now.toISOString());
      return { removed: pruning.count, through: pruning.through.seq };
    });
  }

  async repair(environment: string, by: Repairer): Promise<Repaired> {
    return this.alone(environment, ({ journal, lease }, now) => {
      const found = lease.find(now);
      if (found?.alive) throw inProgress(environment, found.holder);
      const entry = journal.repair(by, now);
      return entry?.entry === "repaired" ? entry : undefined;
    });
  }

  async close(): Promise<void> {
    // Nothing is kept open between two calls.
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

const fencesIn = (journal: JournalFile): number[] =>
  entriesOf(journal.text()).entries.flatMap((entry) => entry.fence ?? []);
