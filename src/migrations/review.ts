import { type Hazard, hazards } from "./hazards.ts";
import { parseMigration } from "./parse.ts";
import { perilsOf, tablesMade } from "./statement.ts";

/** Something that a migration does to those who go on working meanwhile. */
export interface MigrationFinding {
  /** Path below the project. */
  file: string;
  /** Counted from 1. */
  line: number;
  hazard: Hazard;
  /** `DROP TABLE orders`; or what is wrong with the file. */
  what: string;
  effect: string;
  instead: string;
  /** Why a comment above it allows it. */
  allowed?: string;
}

const finding = (file: string, line: number, hazard: Hazard, what: string): MigrationFinding => ({
  file,
  line,
  hazard,
  what: what.slice(0, 200),
  ...hazards[hazard],
});

/**
 * What a migration does that loses data, breaks the release that still runs, or keeps others waiting. Read with PostgreSQL's own parser (18);
 * nothing is run.
 * @param file how findings name it
 */
export async function reviewMigration(file: string, text: string): Promise<MigrationFinding[]> {
  const parsed = await parseMigration(text);
  if ("problem" in parsed) return [finding(file, parsed.line, "unreadable", parsed.problem)];
  const made = new Set<string>();
  const found = parsed.statements.flatMap(({ node, line, allowed }) => {
    const perils = perilsOf(node, made);
    for (const table of tablesMade(node)) made.add(table);
    return perils.map(({ hazard, what }): MigrationFinding => {
      const reason = allowed.find((one) => one.hazard === hazard)?.reason;
      return { ...finding(file, line, hazard, what), ...(reason !== undefined && { allowed: reason }) };
    });
  });
  const misspelt = parsed.misspelt.map(({ line, problem }) =>
    finding(file, line, "unreadable", `an allowance that allows nothing: ${problem}`),
  );
  return [...found, ...misspelt].toSorted((a, b) => a.line - b.line);
}
