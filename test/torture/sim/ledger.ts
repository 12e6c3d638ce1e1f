import { type ChainReport, verifyChain } from "../../../src/ledger/chain.ts";
import { type Entry, type EntryDraft, origin } from "../../../src/ledger/entry.ts";
import { leaseTime } from "../../../src/ledger/heldLease.ts";
import type { Holder } from "../../../src/ledger/holder.ts";
import type { LeaseRequest } from "../../../src/ledger/ledger.ts";
import { lockDraft } from "../../../src/ledger/lockDraft.ts";
import { demandFence, inProgress } from "../../../src/ledger/refusals.ts";
import { seal } from "../../../src/ledger/seal.ts";
import type { SimWorld } from "./world.ts";

interface Kept {
  entries: Entry[];
  lines: string[];
  fence: number;
  holder: (Holder & { driver: number }) | undefined;
}

/** Journals and leases in memory, with the rules of the real stores: their code seals, chains and fences. */
export class MemoryStore {
  /** Whether a dead driver can be seen to be dead. */
  seen = true;
  /** Leases that were given although their holder was alive. */
  readonly forced: string[] = [];
  private readonly world: SimWorld;
  private readonly kept = new Map<string, Kept>();

  constructor(world: SimWorld) {
    this.world = world;
  }

  private of(environment: string): Kept {
    const known = this.kept.get(environment) ?? { entries: [], lines: [], fence: 0, holder: undefined };
    this.kept.set(environment, known);
    return known;
  }

  append(environment: string, draft: EntryDraft): Entry {
    const kept = this.of(environment);
    demandFence(environment, draft.fence, kept.fence);
    const { entry, line } = seal(kept.entries.at(-1) ?? origin, environment, draft);
    kept.entries.push(entry);
    kept.lines.push(line);
    return entry;
  }

  read(environment: string): Entry[] {
    return [...this.of(environment).entries];
  }

  verify(environment: string): ChainReport {
    const { lines, entries } = this.of(environment);
    const last = entries.at(-1);
    const text = { environment, lines };
    return verifyChain(last ? { ...text, head: { seq: last.seq, hash: last.hash } } : text);
  }

  private alive(holder: Holder & { driver: number }): boolean {
    if (this.world.clock - Date.parse(holder.renewed) > leaseTime) return false;
    return !(this.seen && this.world.dead.has(holder.driver));
  }

  current(environment: string): Holder | undefined {
    const { holder } = this.of(environment);
    return holder && this.alive(holder) ? holder : undefined;
  }

  acquire(environment: string, request: LeaseRequest, driver: number): { holder: Holder; from?: Holder } {
    const kept = this.of(environment);
    const found = kept.holder;
    const alive = found !== undefined && this.alive(found);
    if (alive && !request.takeOver) throw inProgress(environment, found);
    if (alive && !this.world.dead.has(found.driver)) this.forced.push(found.promotion);
    kept.fence += 1;
    const time = new Date(this.world.clock).toISOString();
    const holder = {
      id: `${kept.fence}`,
      machine: `machine-${driver}`,
      pid: driver,
      born: "0",
      user: "octo-dev",
      promotion: request.promotion,
      since: time,
      renewed: time,
      fence: kept.fence,
      driver,
    };
    kept.holder = holder;
    if (found) this.append(environment, lockDraft(request, holder, found, alive));
    return { holder, ...(found && { from: found }) };
  }

  renew(environment: string, id: string): boolean {
    const { holder } = this.of(environment);
    if (holder?.id !== id) return false;
    holder.renewed = new Date(this.world.clock).toISOString();
    return true;
  }

  release(environment: string, id: string): void {
    const kept = this.of(environment);
    if (kept.holder?.id === id) kept.holder = undefined;
  }
}
