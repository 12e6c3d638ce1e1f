import { type ChainReport, type JournalText, verifyChain } from "./chain.ts";
import type { EntryDraft, EntryOf, Link } from "./entry.ts";
import { hashLines, unseal } from "./seal.ts";

/** Who goes on behind a broken journal, and why. */
export interface Repairer {
  actor: string;
  why: string;
}

/** What a repair writes. */
export interface RepairPlan {
  /** The link that the new segment begins behind. */
  after: Link;
  draft: EntryDraft;
}

/** Problems that an entry names; the rest is counted. */
const named = 20;

/** The last entry with a right hash. A number that is too high for so many lines was never given here. */
function lastFound({ lines, environment, head }: JournalText, none: Link): Link {
  const most = (head?.seq ?? 0) + lines.length;
  return lines
    .map((line) => unseal(line, environment))
    .flatMap((found) => (found.as === "sealed" && found.link.seq <= most ? [found.link] : []))
    .reduce((last, link) => (link.seq > last.seq ? link : last), none);
}

/**
 * Plans how to go on behind a broken journal without changing a line of it: an entry that says what is broken, who went on and why, and
 * that holds everything before it by its hash. Its number is higher than any that was given.
 * @param taken the highest number in the store, where that is kept apart from the lines
 * @returns nothing when the journal is intact; a torn last line is no damage, the next entry moves it aside
 */
export function planRepair(
  text: JournalText,
  { actor, why }: Repairer,
  now: Date,
  taken = 0,
): RepairPlan | undefined {
  const report: ChainReport = verifyChain(text);
  if (report.intact) return undefined;
  const found = lastFound(text, { seq: 0, hash: "0".repeat(64) });
  const expected = text.head;
  const newest = expected && expected.seq >= found.seq ? expected : found;
  const more = report.problems.length - named;
  return {
    after: { ...newest, seq: Math.max(newest.seq, taken) },
    draft: {
      entry: "repaired",
      time: now.toISOString(),
      actor,
      why,
      lines: text.lines.length,
      sha256: hashLines(text.lines),
      ...(expected && { expected }),
      found,
      problems: report.problems.slice(0, named).map((problem) => ({ ...problem })),
      ...(more > 0 && { more }),
    },
  };
}

/** What a repair came to: the entry that begins the new segment; nothing when nothing was broken. */
export type Repaired = EntryOf<"repaired"> | undefined;
