/** The stand-in for an archive in pg_dump's own format: its contents can be listed, and what is not whole is not restored. */
import { createHash } from "node:crypto";
import type { Table } from "./tables.ts";

const magic = "PGDMP rehearsal 1";

const sum = (text: string) => createHash("sha256").update(text).digest("hex");

/** Text: header, `table NAME ROWS` with its rows after it, and a sum over all of it at the end. */
export function writeArchive(database: string, tables: readonly Table[]): string {
  const lines = tables.flatMap(({ name, rows }) => [`table ${name} ${rows.length}`, ...rows]);
  const body = `${[magic, `database ${database}`, ...lines].join("\n")}\n`;
  return `${body}end ${sum(body)}\n`;
}

/** What is in an archive, or what `pg_restore` says of it. */
export function readArchive(text: string): { tables: Table[]; whole: boolean } | string {
  if (!text.startsWith(`${magic}\n`))
    return "pg_restore: error: input file does not appear to be a valid archive";
  const end = text.lastIndexOf("end ");
  const body = text.slice(0, end);
  const lines = body.split("\n").slice(2, -1);
  const tables: Table[] = [];
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    const [, name, count] = /^table ([a-z_][a-z0-9_]*) (\d+)$/.exec(line) ?? [];
    if (name === undefined) break;
    tables.push({ name, rows: lines.splice(0, Number(count)) });
  }
  return { tables, whole: end >= 0 && text.slice(end) === `end ${sum(body)}\n` };
}

/** As `pg_restore --list` shows it. */
export const listing = (tables: readonly Table[], owner: string): string =>
  [
    ";",
    "; Archive created by the rehearsal",
    ";",
    ...tables.map(
      ({ name }, index) => `${215 + index}; 1259 ${16_385 + index} TABLE public ${name} ${owner}`,
    ),
    ...tables.map(
      ({ name }, index) => `${3370 + index}; 0 ${16_385 + index} TABLE DATA public ${name} ${owner}`,
    ),
    "",
  ].join("\n");
