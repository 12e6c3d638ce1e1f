import { describe, expect, it } from "vitest";
import { compareWithHistory, type HistoryUpdate, type HostRecord } from "../../src/ledger/comparison.ts";
import { type Entry, type EntryDraft, type EntryDrafts, origin } from "../../src/ledger/entry.ts";
import { sealAll } from "../../src/ledger/seal.ts";
import { releaseId } from "../../src/release/release.ts";
import { ended, intent, next, note, old, started } from "./entries.ts";

const lease = { fence: 1 };
const entries = (...drafts: readonly EntryDraft[]): Entry[] =>
  sealAll(origin, "production", drafts as unknown as EntryDrafts).entries;
const promotion = (
  id: string,
  attempt: number,
  status: "Completed" | "Failed" | "RolledBack" = "Completed",
): EntryDraft[] => [
  started(lease, id, attempt),
  intent(lease, id, "deploy", attempt),
  ended(lease, id, status, attempt),
];
const [oldId, nextId] = [releaseId(old), releaseId(next)];
const update = (version: number, attempt: number, change: Partial<HistoryUpdate> = {}): HistoryUpdate => ({
  version,
  attempt,
  message: "1.6.1",
  release: oldId,
  candidate: nextId,
  ...change,
});
const host = (attempt: number, release = nextId): HostRecord => ({ host: "web-1", attempt, release });

describe("compareWithHistory", () => {
  it.each<[string, Entry[], HistoryUpdate[], HostRecord[], string[]]>([
    ["agreement", entries(...promotion("p1", 5)), [update(1, 5)], [host(5)], []],
    ["nothing at all", [], [], [], []],
    ["only remarks", entries(note()), [], [host(3)], []],
    ["no such update", entries(...promotion("p1", 5)), [update(1, 4)], [host(5)], ["updateMissing"]],
    ["history that was emptied", entries(...promotion("p1", 5)), [], [host(5)], ["updateMissing"]],
    [
      "another release",
      entries(...promotion("p1", 5)),
      [update(1, 5, { candidate: oldId })],
      [host(5)],
      ["otherRelease"],
    ],
    [
      "a way back without its update",
      entries(...promotion("p1", 6, "RolledBack")),
      [update(1, 5)],
      [],
      ["updateMissing"],
    ],
    [
      "an update nobody announced",
      entries(...promotion("p1", 5)),
      [update(1, 5), update(2, 6)],
      [host(5)],
      ["unannounced"],
    ],
    [
      "an update older than the journal",
      entries(...promotion("p1", 5)),
      [update(1, 3), update(2, 5)],
      [host(5)],
      [],
    ],
    ["a host left behind", entries(...promotion("p1", 5)), [update(1, 5)], [host(4, oldId)], ["hostAttempt"]],
    ["a host ahead", entries(...promotion("p1", 5)), [update(1, 5)], [host(6)], ["hostAttempt"]],
    [
      "a host with another release",
      entries(...promotion("p1", 5)),
      [update(1, 5)],
      [host(5, oldId)],
      ["hostRelease"],
    ],
    [
      "a failure before any host",
      entries(...promotion("p1", 5), ...promotion("p2", 6, "Failed").slice(2)),
      [update(1, 5)],
      [host(5)],
      [],
    ],
    [
      "a failure on the way",
      entries(...promotion("p1", 5), ...promotion("p2", 6, "Failed")),
      [update(1, 5)],
      [host(6, oldId), host(5)],
      [],
    ],
  ])("%s", (_, journal, history, hosts, kinds) => {
    expect(compareWithHistory(journal, history, hosts).discrepancies.map((d) => d.kind)).toEqual(kinds);
  });

  it("counts, and does not judge, what is older than the history it was given", () => {
    const journal = entries(...promotion("p1", 5), ...promotion("p2", 6));
    expect(compareWithHistory(journal, [update(9, 6)], [])).toEqual({
      promotions: 1,
      beyondHistory: 1,
      hosts: 0,
      discrepancies: [],
    });
  });
});
