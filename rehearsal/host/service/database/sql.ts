/** The few statements that a stand-in for PostgreSQL understands. Everything else is refused. */
import type { Tables } from "./tables.ts";

/** What `psql --tuples-only --no-align` prints, or the server's error. */
export type SqlReply = { text: string } | { error: string };

const name = "([a-z_][a-z0-9_]*)";

type Statement = (tables: Tables, found: readonly string[]) => SqlReply;

const missing = (table: string): SqlReply => ({ error: `relation "${table}" does not exist` });

/** Values of `(…), (…)`, without the brackets. Texts may hold any of them. */
const tuples = (text: string): string[] =>
  [...text.matchAll(/\(((?:'(?:[^']|'')*'|[^()'])*)\)/g)].map(([, row = ""]) => row.trim());

const statements: readonly (readonly [RegExp, Statement])[] = [
  [
    new RegExp(`^create table ${name} \\([^]*\\)$`, "i"),
    (tables, [, table = ""]) => {
      if (tables.has(table)) return { error: `relation "${table}" already exists` };
      tables.create(table);
      return { text: "CREATE TABLE\n" };
    },
  ],
  [
    new RegExp(`^insert into ${name} values (\\([^]*\\))$`, "i"),
    (tables, [, table = "", values = ""]) => {
      if (!tables.has(table)) return missing(table);
      const rows = tuples(values);
      tables.insert(table, rows);
      return { text: `INSERT 0 ${rows.length}\n` };
    },
  ],
  [
    new RegExp(`^drop table ${name}$`, "i"),
    (tables, [, table = ""]) => {
      if (!tables.has(table)) return missing(table);
      tables.drop(table);
      return { text: "DROP TABLE\n" };
    },
  ],
  [
    /^select count\(\*\) from pg_catalog\.pg_tables where schemaname not in \('pg_catalog', 'information_schema'\)$/i,
    (tables) => ({ text: `${tables.names().length}\n` }),
  ],
  [
    new RegExp(`^select count\\(\\*\\)(?: > (\\d+))? from ${name}$`, "i"),
    (tables, [, least, table = ""]) => {
      if (!tables.has(table)) return missing(table);
      const count = tables.rows(table).length;
      if (least === undefined) return { text: `${count}\n` };
      return { text: count > Number(least) ? "t\n" : "f\n" };
    },
  ],
];

/** Runs one statement. */
export function runSql(tables: Tables, text: string): SqlReply {
  const statement = text.trim().replace(/;$/, "");
  for (const [pattern, run] of statements) {
    const found = pattern.exec(statement);
    if (found) return run(tables, found);
  }
  return { error: `the simulated host's database does not understand: ${statement}` };
}
