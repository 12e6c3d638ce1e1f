import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { entriesOf, type JournalText, verifyChain } from "../../src/ledger/chain.ts";
import { type EntryDrafts, origin } from "../../src/ledger/entry.ts";
import { planRepair } from "../../src/ledger/repair.ts";
import { planPruning } from "../../src/ledger/retention.ts";
import { sealAll } from "../../src/ledger/seal.ts";
import { note } from "./entries.ts";

const environment = "production";
const now = new Date("2026-03-01T12:00:00.000Z");
const by = { actor: "octo-dev", why: "the disk lost a sector; compared with the backup" };
const drafts = (texts: readonly string[]) => texts.map((text) => note(text)) as unknown as EntryDrafts;

function journal(texts: readonly string[]): JournalText & { lines: string[] } {
  const { lines, last } = sealAll(origin, environment, drafts(texts));
  return { environment, lines, head: { seq: last.seq, hash: last.hash } };
}

/** The journal after its repair and, behind that, some more entries. */
function repaired(text: JournalText, more: readonly string[] = []): JournalText & { lines: string[] } {
  const plan = planRepair(text, by, now);
  if (!plan) throw new TypeError("it is not broken");
  const all = [plan.draft, ...more.map((said) => note(said))] as unknown as EntryDrafts;
  const { lines, last } = sealAll(plan.after, environment, all);
  const { torn: _, ...kept } = text;
  return { ...kept, lines: [...text.lines, ...lines], head: { seq: last.seq, hash: last.hash } };
}

const texts = fc.array(fc.string({ minLength: 1, unit: "binary" }), { minLength: 1, maxLength: 6 });

/** Journals in which something was changed, dropped, repeated or put in another order, or whose record of the end is gone. */
const broken = fc
  .tuple(
    texts,
    fc.array(fc.nat(5), { maxLength: 8 }),
    fc.nat(),
    fc.constantFrom("pick", "edit", "head", "garbage"),
  )
  .map(([given, picks, at, how]): JournalText => {
    const text = journal(given);
    const { head: _, ...headless } = text;
    const place = at % text.lines.length;
    const line = text.lines[place] ?? "";
    switch (how) {
      case "pick":
        return { ...text, lines: picks.map((pick) => text.lines[pick % text.lines.length] ?? "") };
      case "edit":
        return { ...text, lines: text.lines.with(place, line.replace("octo-dev", "octo-other")) };
      case "head":
        return headless;
      case "garbage":
        return { ...text, lines: text.lines.toSpliced(place, 0, "\u0000 no entry") };
    }
  })
  .filter((text) => !verifyChain(text).intact);

describe("a repair", () => {
  it("makes any broken journal go on, with every line of it as it was", () => {
    fc.assert(
      fc.property(broken, fc.array(fc.string({ minLength: 1 }), { maxLength: 3 }), (text, more) => {
        const after = repaired(text, more);
        expect(after.lines.slice(0, text.lines.length)).toEqual(text.lines);
        const report = verifyChain(after);
        expect(report).toMatchObject({ intact: true, problems: [], head: after.head });
        expect(report.repairs).toMatchObject([{ ...by, lines: text.lines.length }]);
        expect(report.repairs?.[0]?.problems.length).toBeGreaterThan(0);
        expect(planRepair(after, by, now)).toBeUndefined();
      }),
    );
  });

  it("hides nothing that is done to the journal later, before it or behind it", () => {
    fc.assert(
      fc.property(broken, fc.nat(), fc.nat(), fc.string({ maxLength: 1 }), (text, l, c, put) => {
        const after = repaired(text, ["one", "two"]);
        const line = after.lines[l % after.lines.length] ?? "";
        const at = c % (line.length + 1);
        const changed = line.slice(0, at) + put + line.slice(at + 1);
        fc.pre(changed !== line);
        const lines = after.lines.with(l % after.lines.length, changed);
        expect(verifyChain({ ...after, lines }).intact).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it("does not let any line be dropped, repeated or moved, the one that says so included", () => {
    fc.assert(
      fc.property(broken, fc.array(fc.nat(9), { maxLength: 12 }), (text, picks) => {
        const after = repaired(text, ["one", "two"]);
        const lines = picks.map((pick) => after.lines[pick % after.lines.length] ?? "");
        fc.pre(lines.join("\n") !== after.lines.join("\n"));
        expect(verifyChain({ ...after, lines }).intact).toBe(false);
      }),
    );
  });

  it("may follow another one", () => {
    const first = journal(["a", "b", "c"]);
    const once = repaired({ ...first, lines: first.lines.toSpliced(1, 1) }, ["d", "e"]);
    const twice = repaired({ ...once, lines: once.lines.slice(0, -1) }, ["f"]);
    const report = verifyChain(twice);
    expect(report.intact).toBe(true);
    expect(report.repairs?.map(({ problems }) => problems.map(({ kind }) => kind))).toEqual([
      ["dropped"],
      ["truncated"],
    ]);
  });

  it("is not planned for an intact journal, nor for a line that a crash cut short", () => {
    expect(planRepair(journal(["a"]), by, now)).toBeUndefined();
    expect(planRepair({ ...journal(["a"]), torn: '{"actor"' }, by, now)).toBeUndefined();
    expect(planRepair({ environment, lines: [] }, by, now)).toBeUndefined();
  });

  it("names place and hashes of what was edited, and both ends", () => {
    const text = journal(["a", "b", "c"]);
    const lines = text.lines.with(1, (text.lines[1] ?? "").replace('"b"', '"x"'));
    const plan = planRepair({ ...text, lines }, by, now);
    const written = /"hash":"([0-9a-f]{64})"/.exec(lines[1] ?? "")?.[1];
    expect(plan?.draft).toMatchObject({
      entry: "repaired",
      ...by,
      time: now.toISOString(),
      expected: text.head,
      found: text.head,
      problems: [
        {
          kind: "edited",
          seq: 2,
          line: 2,
          expected: written,
          found: expect.not.stringMatching(written ?? ""),
        },
      ],
    });
  });

  it("gets a number above every one that was given, and none that somebody made up", () => {
    const text = journal(["a", "b", "c"]);
    const short = planRepair({ ...text, lines: text.lines.slice(0, 1) }, by, now);
    expect(short?.after).toEqual(text.head);
    const far = sealAll({ seq: 2 ** 50, hash: origin.hash }, environment, drafts(["far"])).lines;
    expect(planRepair({ ...text, lines: [...text.lines, ...far] }, by, now)?.after).toEqual(text.head);
    expect(planRepair({ ...text, lines: [] }, by, now, 7)?.after.seq).toBe(7);
  });

  it("counts what it does not name", () => {
    const text = journal(Array.from({ length: 30 }, (_, n) => `entry ${n}`));
    const lines = text.lines.map((line) => line.replace("octo-dev", "octo-other"));
    const draft = planRepair({ ...text, lines }, by, now)?.draft;
    // Each line, and that the last of them is missing behind its record.
    expect(draft).toMatchObject({ problems: { length: 20 }, more: 11 });
  });
});

describe("after a repair", () => {
  it("entries before it are read once each, in the order of their numbers", () => {
    const text = journal(["a", "b", "c"]);
    const [a = "", b = "", c = ""] = text.lines;
    const { entries } = entriesOf(repaired({ ...text, lines: [c, a, "no entry", b, a] }, ["d"]));
    expect(entries.map((entry) => ("text" in entry ? entry.text : entry.entry))).toEqual([
      "a",
      "b",
      "c",
      "repaired",
      "d",
    ]);
  });

  it("retention takes what it covers with it, or nothing", () => {
    const text = journal(["a", "b", "c"]);
    const later = repaired({ ...text, lines: text.lines.toSpliced(1, 1) }, ["d"]);
    const { entries } = entriesOf(later);
    const at = (days: number) => new Date(now.getTime() + days * 86_400_000);
    const pruner = { actor: "retention", now };
    const old = entries.map((entry, index) => ({
      ...entry,
      time: at([-400, -400, -300, 0][index] ?? 0).toISOString(),
    }));
    expect(planPruning(old, at(-365), pruner)).toBeUndefined();
    expect(planPruning(old, at(-200), pruner)).toMatchObject({ count: 3, through: { seq: 4 } });
  });
});
