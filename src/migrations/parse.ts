import type { Node } from "libpg-query";
import { type Allowance, type Misspelt, parseAllowance } from "./allowance.ts";

/** A statement, and what is allowed it. */
export interface Statement {
  node: Node;
  /** Where it begins, counted from 1. */
  line: number;
  allowed: readonly Allowance[];
}

/** A migration as PostgreSQL reads it. */
export interface Migration {
  statements: readonly Statement[];
  misspelt: readonly Misspelt[];
}

/** Why a file cannot be read as SQL, and where. */
export interface Unreadable {
  line: number;
  problem: string;
}

/** How the parser says what is wrong: at a character, counted from 0. */
const cursorOf = (thrown: unknown): number => {
  const details =
    typeof thrown === "object" && thrown !== null && "sqlDetails" in thrown ? thrown.sqlDetails : undefined;
  return typeof details === "object" && details !== null && "cursorPosition" in details
    ? Number(details.cursorPosition)
    : 0;
};

/** Lines by byte: the parser counts bytes. */
class Lines {
  private readonly starts: number[] = [0];

  constructor(bytes: Buffer) {
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) this.starts.push(at + 1);
  }

  /** Counted from 1. */
  at(byte: number): number {
    const after = this.starts.findIndex((start) => start > byte);
    return after === -1 ? this.starts.length : after;
  }

  start(line: number): number {
    return this.starts[line - 1] ?? 0;
  }
}

/** Comments that have a line for themselves; what stands behind a statement is about that one. */
async function allowances(text: string, bytes: Buffer, lines: Lines) {
  const { scan } = await import("libpg-query");
  const { tokens } = await scan(text);
  return tokens.flatMap(({ tokenName, start, end }) => {
    const comment = bytes.subarray(start, end).toString("utf8");
    const line = lines.at(start);
    const alone = bytes.subarray(lines.start(line), start).toString("utf8").trim() === "";
    const parsed = tokenName === "SQL_COMMENT" && alone ? parseAllowance(comment, line) : undefined;
    return parsed ? [parsed] : [];
  });
}

/**
 * Reads a migration with PostgreSQL's own parser. An allowance belongs to the statement that begins in the next line that is no allowance.
 * @returns what it says, or why it cannot be read
 */
export async function parseMigration(text: string): Promise<Migration | Unreadable> {
  if (text.trim() === "") return { statements: [], misspelt: [] };
  const zero = text.indexOf("\0");
  // The parser takes it for the end of the text, and would not see what comes after it.
  if (zero >= 0)
    return { line: text.slice(0, zero).split("\n").length, problem: "there is a zero byte in it" };
  const { parse } = await import("libpg-query");
  const bytes = Buffer.from(text, "utf8");
  const lines = new Lines(bytes);
  try {
    const { stmts = [] } = await parse(text);
    const found = await allowances(text, bytes, lines);
    const granted = found.filter((one): one is Allowance => "hazard" in one);
    const above = (line: number): Allowance[] => {
      const allowed: Allowance[] = [];
      for (let at = line - 1; granted.some((one) => one.line === at); at -= 1)
        allowed.push(...granted.filter((one) => one.line === at));
      return allowed;
    };
    const statements = stmts.flatMap(({ stmt, stmt_location: location = 0 }): Statement[] => {
      const line = lines.at(location);
      return stmt ? [{ node: stmt, line, allowed: above(line) }] : [];
    });
    return { statements, misspelt: found.filter((one): one is Misspelt => "problem" in one) };
  } catch (thrown) {
    const before = text.slice(0, cursorOf(thrown));
    const problem = thrown instanceof Error ? thrown.message : String(thrown);
    return { line: before.split("\n").length, problem };
  }
}
