import type { EntryOf } from "./entry.ts";
import { type Unsealed, unseal } from "./seal.ts";

/** A line of a journal, and what it turned out to be. */
export interface Line {
  /** From 1. */
  number: number;
  text: string;
  found: Unsealed;
}

/** A line whose own hash is right. */
export type ProvenLine = Line & { found: Extract<Unsealed, { as: "sealed" }> };

export const isProven = (line: Line): line is ProvenLine => line.found.as === "sealed";

/** Reads lines, oldest first, each by itself. */
export const readLines = (lines: readonly string[], environment: string): Line[] =>
  lines.map((text, index) => ({ number: index + 1, text, found: unseal(text, environment) }));

/** Lines before the first one that bears a hash. */
export function legacyLines(lines: readonly Line[]): readonly Line[] {
  const first = lines.findIndex((line) => line.found.as !== "unsealed");
  return first === -1 ? lines : lines.slice(0, first);
}

/** Where a person went on behind a broken journal. */
export interface Repair {
  /** Lines before it. */
  index: number;
  entry: EntryOf<"repaired">;
}

/** The last place at which a person went on behind a broken journal. */
export function lastRepair(lines: readonly Line[]): Repair | undefined {
  const index = lines.findLastIndex((line) => isProven(line) && line.found.entry?.entry === "repaired");
  const line = lines[index];
  return line && isProven(line) && line.found.entry?.entry === "repaired"
    ? { index, entry: line.found.entry }
    : undefined;
}

/** Every such place, oldest first. */
export const repairsIn = (lines: readonly Line[]): EntryOf<"repaired">[] =>
  lines.filter(isProven).flatMap(({ found: { entry } }) => (entry?.entry === "repaired" ? [entry] : []));
