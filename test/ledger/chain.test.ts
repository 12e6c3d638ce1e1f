import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ChainReport, type JournalText, verifyChain } from "../../src/ledger/chain.ts";
import { type EntryDrafts, origin } from "../../src/ledger/entry.ts";
import { sealAll } from "../../src/ledger/seal.ts";
import { note } from "./entries.ts";

const environment = "production";
const drafts = (texts: readonly string[]) => texts.map((text) => note(text)) as unknown as EntryDrafts;

function journal(texts: readonly string[]): JournalText & { lines: string[] } {
  const { lines, last } = sealAll(origin, environment, drafts(texts));
  return { environment, lines, head: { seq: last.seq, hash: last.hash } };
}

const kinds = (report: ChainReport) => report.problems.map((p) => p.kind);

const texts = fc.array(fc.string({ minLength: 1, unit: "binary" }), { minLength: 1, maxLength: 8 });

describe("verifyChain", () => {
  it("finds nothing in a journal as it was written", () => {
    fc.assert(
      fc.property(texts, (given) => {
        const text = journal(given);
        expect(verifyChain(text)).toEqual({
          environment,
          entries: given.length,
          intact: true,
          problems: [],
          head: text.head,
        });
      }),
    );
  });

  it("finds every character that was changed, put in or taken out", () => {
    fc.assert(
      fc.property(
        texts,
        fc.nat(),
        fc.nat(),
        fc.string({ maxLength: 1 }),
        fc.boolean(),
        (given, l, c, put, over) => {
          const text = journal(given);
          const line = text.lines[l % text.lines.length] ?? "";
          const at = c % (line.length + 1);
          const changed = line.slice(0, at) + put + line.slice(over ? at + 1 : at);
          fc.pre(changed !== line);
          const lines = text.lines.with(l % text.lines.length, changed);
          expect(verifyChain({ ...text, lines }).intact).toBe(false);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("finds every other order, choice or repetition of the same lines", () => {
    fc.assert(
      fc.property(texts, fc.array(fc.nat(7), { maxLength: 10 }), (given, picks) => {
        const text = journal(given);
        const lines = picks.map((pick) => text.lines[pick % text.lines.length] ?? "");
        fc.pre(lines.join("\n") !== text.lines.join("\n"));
        expect(verifyChain({ ...text, lines }).intact).toBe(false);
      }),
    );
  });

  it("finds a chain that was forged from some entry on, every hash made anew", () => {
    fc.assert(
      fc.property(texts, fc.nat(), (given, n) => {
        const text = journal(given);
        const from = n % given.length;
        const forged = journal(given.map((t, i) => (i >= from ? `${t} but other` : t)));
        const report = verifyChain({ ...text, lines: forged.lines });
        expect(report.intact).toBe(false);
        expect(kinds(report)).toContain("edited");
      }),
    );
  });

  it("names the entries that are missing", () => {
    const text = journal(["a", "b", "c", "d", "e", "f"]);
    const report = verifyChain({ ...text, lines: text.lines.toSpliced(1, 3) });
    expect(report.problems).toEqual([
      { kind: "dropped", seq: 2, line: 2, message: "3 entries are missing between 1 and 5" },
    ]);
  });

  it("judges a forged number in no more time than a right one", () => {
    const far = sealAll({ seq: 2 ** 50, hash: origin.hash }, environment, drafts(["far"])).lines;
    const text = journal(["a", "b"]);
    expect(kinds(verifyChain({ ...text, lines: [...text.lines, ...far] }))).toEqual(["dropped"]);
  });

  it("does not call a head that a crash left behind damage", () => {
    const text = journal(["a", "b", "c"]);
    const { head } = journal(["a"]);
    // Another time, another hash: the head must be one of this chain.
    expect(kinds(verifyChain({ ...text, head: { seq: 1, hash: "0".repeat(64) } }))).toEqual(["edited"]);
    const first = verifyChain({ environment, lines: text.lines.slice(0, 1), head: head ?? origin }).head;
    expect(verifyChain({ ...text, head: first }).problems).toEqual([]);
    expect(verifyChain({ ...text, head: origin }).problems).toEqual([]);
  });

  it("misses a head that is gone", () => {
    const { head: _, ...text } = journal(["a"]);
    expect(kinds(verifyChain(text))).toEqual(["truncated"]);
  });

  it("does not take another environment's journal", () => {
    expect(verifyChain({ ...journal(["a"]), environment: "staging" }).intact).toBe(false);
  });
});
