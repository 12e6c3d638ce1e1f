import { type Hazard, hazardNames } from "./hazards.ts";

/** What a comment above a statement allows it: `-- liftlock: allow dropColumn unused since 2.3`. */
export interface Allowance {
  /** Counted from 1. */
  line: number;
  hazard: Hazard;
  reason: string;
}

/** A comment that was meant as an allowance and is none. */
export interface Misspelt {
  line: number;
  problem: string;
}

/** Reads a comment; nothing for one that is about something else. */
export function parseAllowance(comment: string, line: number): Allowance | Misspelt | undefined {
  const [, words] = /^--\s*liftlock:\s*(.*)$/s.exec(comment.trim()) ?? [];
  if (words === undefined) return undefined;
  const [verb, name = "", ...rest] = words.trim().split(/\s+/);
  const hazard = hazardNames.find((one) => one === name);
  if (verb !== "allow") return { line, problem: `expected "allow", got "${verb ?? ""}"` };
  if (!hazard) return { line, problem: `expected one of ${hazardNames.join(", ")}, got "${name}"` };
  if (rest.length === 0) return { line, problem: `expected a reason after ${name}` };
  return { line, hazard, reason: rest.join(" ") };
}
