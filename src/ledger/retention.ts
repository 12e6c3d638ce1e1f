import {
  type Entry,
  type EntryDraft,
  type EntryDrafts,
  type EntryOf,
  type Link,
  openPromotions,
} from "./entry.ts";
import { standing } from "./standing.ts";

/** How long entries are kept unless configured otherwise: one year. Milliseconds. */
export const retention = 365 * 24 * 3_600_000;

/** What retention would do to one journal. */
export interface Pruning {
  /** The last entry that goes. */
  through: Link;
  /** Entries that go. */
  count: number;
  /** To be written before the cut: what is still in force stated anew, then the cut itself. */
  drafts: EntryDrafts;
}

/** Who prunes, and when it is. */
export interface Pruner {
  actor: string;
  now: Date;
}

/**
 * Plans what goes: the entries from the oldest up to the first that is not older than `before`, or that belongs to a promotion that
 * never ended. A veto or stop that is in force does not end with its entry: it is stated anew.
 * Nothing when there is nothing to remove.
 * @param entries of an intact chain, oldest first
 */
export function planPruning(entries: readonly Entry[], before: Date, by: Pruner): Pruning | undefined {
  const unfinished = new Set(openPromotions(entries).map((e) => e.promotion));
  const stays = entries.findIndex(
    (e) =>
      Date.parse(e.time) >= before.getTime() ||
      ("promotion" in e && e.promotion !== undefined && unfinished.has(e.promotion)),
  );
  // What a repair holds by its hash goes with it, or not at all.
  const repair = entries.findLastIndex((e) => e.entry === "repaired");
  if (stays !== -1 && stays <= repair) return undefined;
  const going = stays === -1 ? entries : entries.slice(0, stays);
  const last = going.findLast((e) => e.v > 0);
  if (!last) return undefined;
  const time = by.now.toISOString();
  const { stop, vetoes } = standing(entries);
  const through = { seq: last.seq, hash: last.hash };
  const carried = [...(stop ? [stop] : []), ...vetoes]
    .filter((e) => e.seq <= last.seq)
    .map((statement) => stateAnew(statement, time));
  const cut: EntryDraft = { entry: "pruned", time, actor: by.actor, through, before: before.toISOString() };
  return { through, count: going.length, drafts: [...carried, cut] };
}

function stateAnew(entry: EntryOf<"stop" | "veto">, time: string): EntryDraft {
  const { v: _v, seq, environment: _e, prev: _p, hash: _h, fence: _f, ...statement } = entry;
  return { ...statement, time, carried: statement.carried ?? { seq, time: statement.time } };
}
