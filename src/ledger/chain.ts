import { z } from "zod";
import { type Damage, type Entry, type EntryOf, type Link, linkSchema, origin } from "./entry.ts";
import {
  isProven,
  type Line,
  lastRepair,
  legacyLines,
  type ProvenLine,
  type Repair,
  readLines,
  repairsIn,
} from "./journalLines.ts";
import { hashLines, isLegacy, readLegacy } from "./seal.ts";

/** Where retention cut: everything up to `seq` is gone, and an entry `pruned` of the chain confirms it. */
export const checkpointSchema = linkSchema.extend({
  prunedAt: z.iso.datetime(),
  /** The cut before this one: a crash between checkpoint and cut leaves the journal beginning there. */
  previous: linkSchema.optional(),
});
export type Checkpoint = z.output<typeof checkpointSchema>;

/** A journal as it is stored, before anything in it is believed. */
export interface JournalText {
  environment: string;
  /** Whole lines, oldest first. */
  lines: readonly string[];
  /** What stands after the last newline: a line that a crash cut short. */
  torn?: string;
  /** Link of the last entry, kept apart, so that dropped last entries are found. */
  head?: Link;
  checkpoint?: Checkpoint;
}

export type ChainProblemKind =
  /** An entry, the head or the checkpoint is not what was written. */
  | "edited"
  /** Entries are missing. */
  | "dropped"
  /** An entry stands behind a later one. */
  | "reordered"
  /** An entry stands there twice. */
  | "duplicate"
  /** A crash cut the last line short; it was never confirmed. */
  | "torn"
  /** The last entries are missing, or nothing says which one was the last. */
  | "truncated"
  /** Lines of the time before the chain: nothing proves them. */
  | "legacy";

export interface ChainProblem extends Damage {
  kind: ChainProblemKind;
}

/** What became of the proof. */
export interface ChainReport {
  environment: string;
  /** Entries with a right hash. */
  entries: number;
  /** False when any entry was edited, dropped or reordered; a torn last line and lines before the chain do not count. */
  intact: boolean;
  problems: readonly ChainProblem[];
  /** The last proven entry. Kept elsewhere, it proves this journal later. */
  head: Link;
  /** Set when retention removed older entries. */
  checkpoint?: Checkpoint;
  /** Set when what stands before was broken, and a person went on behind it: the proof begins with the last of these. */
  repairs?: readonly EntryOf<"repaired">[];
}

const harmless: readonly ChainProblemKind[] = ["torn", "legacy"];

function judgeLegacy(legacy: readonly Line[], first: Line | undefined): ChainProblem[] {
  const adopted =
    first && isProven(first) && first.found.entry?.entry === "adopted" ? first.found.entry : undefined;
  if (adopted && (adopted.lines !== legacy.length || adopted.sha256 !== hashLines(legacy.map((l) => l.text))))
    return [
      {
        kind: legacy.length < adopted.lines ? "dropped" : "edited",
        line: 1,
        message: `expected the ${adopted.lines} lines of the time before the chain as they were when it began, found ${legacy.length} of another content`,
      },
    ];
  if (legacy.length === 0) return [];
  // Only an entry that adopts them, or nothing at all, may follow them.
  if (
    (first && !adopted) ||
    !legacy.some((l) => readLegacy(l.text)) ||
    !legacy.every((l) => isLegacy(l.text))
  )
    return legacy.map((l) => ({
      kind: "edited",
      line: l.number,
      message: "expected an entry, found no readable one",
    }));
  return [
    {
      kind: "legacy",
      line: 1,
      message: `${legacy.length} lines are of the time before the chain: ${adopted ? "only what happened to them since is proven" : "nothing proves them"}`,
    },
  ];
}

/** The link that the first proven entry follows: the origin, or a cut of retention. */
function anchorOf(first: ProvenLine | undefined, checkpoint: Checkpoint | undefined): Link {
  const cut = checkpoint && { seq: checkpoint.seq, hash: checkpoint.hash };
  const anchors = [cut, checkpoint?.previous, origin].filter((link) => link !== undefined);
  return anchors.find((link) => link.seq + 1 === first?.found.link.seq) ?? cut ?? origin;
}

const countWithin = (hashes: ReadonlyMap<number, string>, from: number, to: number): number =>
  [...hashes.keys()].filter((seq) => seq >= from && seq < to).length;

function judgeOrder(lines: readonly Line[], anchor: Link): ChainProblem[] {
  const problems: ChainProblem[] = [];
  const proven = lines.filter(isProven);
  const hashes = new Map<number, string>([[anchor.seq, anchor.hash]]);
  for (const { found } of proven)
    if (!hashes.has(found.link.seq)) hashes.set(found.link.seq, found.link.hash);
  const seen = new Set<number>([anchor.seq]);
  let expected = anchor.seq + 1;
  for (const line of lines) {
    if (!isProven(line)) {
      const { as: _, ...what } =
        line.found.as === "edited" ? line.found : { as: "unsealed", message: "no entry can be read" };
      problems.push({ kind: "edited", seq: expected, line: line.number, ...what });
      // It stands where an entry should: that one is not missing besides.
      if (!hashes.has(expected)) expected += 1;
      continue;
    }
    const { link, prev } = line.found;
    const at = { seq: link.seq, line: line.number };
    if (seen.has(link.seq)) {
      problems.push({ ...at, kind: "duplicate", message: `entry ${link.seq} stands there already` });
      continue;
    }
    seen.add(link.seq);
    if (link.seq < expected)
      problems.push({ ...at, kind: "reordered", message: `entry ${link.seq} stands behind later ones` });
    const missing = link.seq > expected ? link.seq - expected - countWithin(hashes, expected, link.seq) : 0;
    if (missing > 0)
      problems.push({
        kind: "dropped",
        seq: expected,
        line: line.number,
        message: `${missing} ${missing === 1 ? "entry is" : "entries are"} missing between ${expected - 1} and ${link.seq}`,
      });
    const before = hashes.get(link.seq - 1);
    if (before !== undefined && before !== prev)
      problems.push({
        ...at,
        kind: "edited",
        message: `entry ${link.seq - 1} is not the one it was written behind`,
        expected: prev,
        found: before,
      });
    expected = Math.max(expected, link.seq + 1);
  }
  return problems;
}

function judgeHead(head: Link | undefined, proven: readonly ProvenLine[], anchor: Link): ChainProblem[] {
  const last = Math.max(anchor.seq, ...proven.map((line) => line.found.link.seq));
  if (!head)
    return last === 0
      ? []
      : [
          {
            kind: "truncated",
            seq: last,
            message: "the record of the last entry is missing or cannot be read",
          },
        ];
  if (head.seq > last)
    return [
      {
        kind: "truncated",
        seq: last + 1,
        message: `the journal ends at entry ${last}, but entry ${head.seq} was written`,
      },
    ];
  // A crash between entry and head leaves the head behind; that is no damage as long as the chain goes through it.
  const links = [origin, anchor, ...proven.map((line) => line.found.link)];
  return links.some((link) => link.seq === head.seq && link.hash === head.hash)
    ? []
    : [{ kind: "edited", seq: head.seq, message: `entry ${head.seq} is not the one that the head recorded` }];
}

function judgeCheckpoint(checkpoint: Checkpoint | undefined, proven: readonly ProvenLine[]): ChainProblem[] {
  if (!checkpoint) return [];
  const confirmed = proven.some(
    ({ found: { entry } }) =>
      entry?.entry === "pruned" &&
      entry.through.seq === checkpoint.seq &&
      entry.through.hash === checkpoint.hash &&
      entry.time === checkpoint.prunedAt,
  );
  const problem = { kind: "edited" as const, seq: checkpoint.seq };
  const kept = proven.find((line) => line.found.link.seq === checkpoint.seq);
  if (!confirmed)
    return [{ ...problem, message: "no entry confirms what retention is said to have removed" }];
  if (kept && kept.found.link.hash !== checkpoint.hash)
    return [{ ...problem, message: `entry ${checkpoint.seq} is not the one at which retention cut` }];
  return [];
}

/** What was broken must stay as it was found. */
function judgeCovered({ index, entry }: Repair, lines: readonly Line[]): ChainProblem[] {
  const found = hashLines(lines.slice(0, index).map(({ text }) => text));
  if (entry.lines === index && entry.sha256 === found) return [];
  return [
    {
      kind: index < entry.lines ? "dropped" : "edited",
      line: 1,
      message: `expected the ${entry.lines} lines before the repair ${entry.seq} as they were found then, found ${index} of another content`,
      expected: entry.sha256,
      found,
    },
  ];
}

/**
 * Proves a journal: every entry against its hash, every hash against the entry after it, the end against the head, the beginning
 * against the origin, the last cut of retention or the last repair. Pure; never throws.
 */
export function verifyChain(text: JournalText): ChainReport {
  const lines = readLines(text.lines, text.environment);
  const repair = lastRepair(lines);
  const legacy = repair ? [] : legacyLines(lines);
  const chained = lines.slice(repair?.index ?? legacy.length);
  const proven = chained.filter(isProven);
  // A cut from before the repair belongs to what was broken.
  const checkpoint =
    repair && text.checkpoint && text.checkpoint.seq < repair.entry.seq ? undefined : text.checkpoint;
  const anchor = repair
    ? { seq: repair.entry.seq - 1, hash: repair.entry.prev }
    : anchorOf(proven[0], checkpoint);
  const torn: ChainProblem = {
    kind: "torn",
    line: lines.length + 1,
    message: `${text.torn?.length ?? 0} characters without an end: a crash cut the line short before it was confirmed`,
  };
  const problems = [
    ...judgeLegacy(legacy, chained[0]),
    ...(repair ? judgeCovered(repair, lines) : []),
    ...judgeOrder(chained, anchor),
    ...(text.torn === undefined ? [] : [torn]),
    ...judgeHead(text.head, proven, anchor),
    ...judgeCheckpoint(checkpoint, proven),
  ];
  const last = proven.reduce(
    (newest, { found: { link } }) => (link.seq > newest.seq ? link : newest),
    anchor,
  );
  return {
    environment: text.environment,
    entries: lines.filter(isProven).length,
    intact: problems.every((problem) => harmless.includes(problem.kind)),
    problems,
    head: last,
    ...(checkpoint && { checkpoint }),
    ...(repair && { repairs: repairsIn(lines) }),
  };
}

/** Readable entries of what was broken: each once, in the order of their numbers, whatever order they were found in. */
function salvaged(lines: readonly Line[]): Entry[] {
  const entries = lines.filter(isProven).flatMap(({ found: { entry } }) => entry ?? []);
  const bySeq = new Map(entries.toReversed().map((entry) => [entry.seq, entry]));
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

/** Every entry that can be read, oldest first, those before the chain too; whether they are proven, `verifyChain` says. */
export function entriesOf(text: JournalText): { entries: Entry[]; newer: number } {
  const lines = readLines(text.lines, text.environment);
  const legacy = legacyLines(lines).flatMap((line) => readLegacy(line.text) ?? []);
  const covered = lastRepair(lines)?.index ?? 0;
  const proven = lines.slice(covered).filter(isProven);
  const entries = proven.flatMap((line) => line.found.entry ?? []);
  const newer = lines.filter((line) => isProven(line) && line.found.entry === undefined).length;
  return { entries: [...legacy, ...salvaged(lines.slice(0, covered)), ...entries], newer };
}
