import type { Dialect } from "kysely";
import { type ChainReport, verifyChain } from "../chain.ts";
import { type Entry, type EntryDraft, type EntryOf, openPromotion } from "../entry.ts";
import { HeldLease, leaseTime } from "../heldLease.ts";
import { type Holder, thisHolder } from "../holder.ts";
import type { Lease, LeaseRequest, Ledger, LedgerLocation, Pruned } from "../ledger.ts";
import { lockDraft } from "../lockDraft.ts";
import { provenEntries } from "../proven.ts";
import { demandFence, inProgress, parseName } from "../refusals.ts";
import type { Repaired, Repairer } from "../repair.ts";
import { planPruning } from "../retention.ts";
import { Database } from "./database.ts";
import { appendRows, cutRows, isWritten, readText, repairRows } from "./journalTable.ts";
import { findHolder, giveLease, lockEnvironment, releaseLease, renewLease } from "./leaseTable.ts";
import { demandRemoval } from "./rights.ts";

export interface PostgresLedgerOptions {
  /** How to reach the database; the ledger closes it. */
  dialect: Dialect;
  /** What people call it: no user, no password. */
  place: string;
  /** Milliseconds; default one minute. */
  leaseTime?: number;
}

/** The ledger in the schema `liftlock` of a PostgreSQL database. */
export class PostgresLedger implements Ledger {
  readonly location: LedgerLocation;
  private readonly database: Database;
  private readonly leaseTime: number;

  constructor(options: PostgresLedgerOptions) {
    this.database = new Database(options.dialect, options.place);
    this.location = { description: options.place, shared: true };
    this.leaseTime = options.leaseTime ?? leaseTime;
  }

  private table(environment: string): string {
    return `${this.location.description} liftlock.journal of ${environment}`;
  }

  async append(environment: string, draft: EntryDraft): Promise<Entry> {
    const name = parseName(environment);
    let tried: Entry | undefined;
    return this.database.transaction(async (tx) => {
      const row = await lockEnvironment(tx, name);
      if (tried && (await isWritten(tx, name, tried))) return tried;
      demandFence(name, draft.fence, row.fence);
      tried = await appendRows(tx, name, row.head, [draft]);
      return tried;
    });
  }

  async read(environment: string, after = 0): Promise<Entry[]> {
    const name = parseName(environment);
    const text = await this.database.snapshot((tx) => readText(tx, name));
    const entries = provenEntries(text, this.table(name));
    return after === 0 ? entries : entries.filter((entry) => entry.seq > after);
  }

  async open(environment: string): Promise<EntryOf<"started"> | undefined> {
    return openPromotion(await this.read(environment));
  }

  async acquire(environment: string, request: LeaseRequest): Promise<Lease> {
    const name = parseName(environment);
    let mine: Holder | undefined;
    let abandoned: Holder | undefined;
    const holder = await this.database.transaction(async (tx) => {
      const row = await lockEnvironment(tx, name);
      if (mine && row.holder?.id === mine.id) return mine;
      if (row.holder && row.alive && !request.takeOver) throw inProgress(name, row.holder);
      mine = thisHolder(request.promotion, row.fence + 1, row.now);
      abandoned = row.holder;
      await giveLease(tx, name, mine, this.leaseTime);
      if (abandoned) await appendRows(tx, name, row.head, [lockDraft(request, mine, abandoned, row.alive)]);
      return mine;
    });
    return new HeldLease(
      name,
      holder,
      abandoned,
      {
        renew: () => this.database.transaction((tx) => renewLease(tx, name, holder.id, this.leaseTime)),
        release: () => this.database.transaction((tx) => releaseLease(tx, name, holder.id)),
      },
      this.leaseTime,
    );
  }

  async current(environment: string): Promise<Holder | undefined> {
    const name = parseName(environment);
    return this.database.transaction((tx) => findHolder(tx, name));
  }

  async verify(environment: string): Promise<ChainReport> {
    const name = parseName(environment);
    return verifyChain(await this.database.snapshot((tx) => readText(tx, name)));
  }

  async prune(environment: string, before: Date, actor: string): Promise<Pruned> {
    const name = parseName(environment);
    return this.database.transaction(async (tx) => {
      const { head, now } = await lockEnvironment(tx, name);
      const entries = provenEntries(await readText(tx, name), this.table(name));
      const pruning = planPruning(entries, before, { actor, now });
      if (!pruning) return { removed: 0 };
      await demandRemoval(tx, this.location.description);
      await appendRows(tx, name, head, pruning.drafts);
      await cutRows(tx, name, pruning.through, now.toISOString());
      return { removed: pruning.count, through: pruning.through.seq };
    });
  }

  async repair(environment: string, by: Repairer): Promise<Repaired> {
    const name = parseName(environment);
    let tried: Entry | undefined;
    return this.database.transaction(async (tx) => {
      const row = await lockEnvironment(tx, name);
      if (row.holder && row.alive) throw inProgress(name, row.holder);
      if (!tried || !(await isWritten(tx, name, tried))) tried = await repairRows(tx, name, by, row.now);
      return tried?.entry === "repaired" ? tried : undefined;
    });
  }

  async close(): Promise<void> {
    await this.database.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
