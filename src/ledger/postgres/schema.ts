import { type Kysely, sql, type Transaction } from "kysely";
import { tooNew } from "../refusals.ts";

/** One row an environment: the lease, the fencing counter and the journal's head. Its lock orders all writers. */
interface EnvironmentRow {
  name: string;
  fence: number;
  /** Of the lease in force, or of the last one if nobody gave it back. */
  lease_id: string | null;
  /** The holder, as JSON. */
  holder: string | null;
  /** By the database's clock. */
  expires_at: Date | null;
  head_seq: number;
  head_hash: string;
}

interface JournalRow {
  environment: string;
  seq: number;
  hash: string;
  /** The entry, byte by byte what was hashed; `line::jsonb` for queries. */
  line: string;
}

interface CheckpointRow {
  environment: string;
  seq: number;
  hash: string;
  /** ISO 8601. */
  pruned_at: string;
  previous_seq: number | null;
  previous_hash: string | null;
}

export interface Tables {
  environment: EnvironmentRow;
  journal: JournalRow;
  checkpoint: CheckpointRow;
  format: { version: number };
}

/**
 * Statements of each version of the format, oldest first; never edited once released. A driver's role needs no more than
 * `usage` on the schema, `select` on everything, `insert, update` on `environment` and `insert` on `journal`; it can neither change nor
 * remove an entry. Retention runs as the owner, or as a role with `insert` on `checkpoint` and `delete` on `journal` besides.
 */
const versions: readonly (readonly string[])[] = [
  [
    `create table liftlock.environment (
      name text primary key,
      fence integer not null default 0,
      lease_id text,
      holder text,
      expires_at timestamptz,
      head_seq integer not null default 0,
      head_hash text not null default repeat('0', 64)
    )`,
    `create table liftlock.journal (
      environment text not null references liftlock.environment (name),
      seq integer not null check (seq > 0),
      hash text not null,
      line text not null,
      primary key (environment, seq)
    )`,
    `create table liftlock.checkpoint (
      environment text not null references liftlock.environment (name),
      seq integer not null,
      hash text not null,
      pruned_at text not null,
      previous_seq integer,
      previous_hash text,
      primary key (environment, seq)
    )`,
  ],
];

/** Version of the format that is there; 0 = none. */
async function present(tx: Kysely<Tables>): Promise<number> {
  // Read as rows: `to_regclass` remembers from before the lock that there was no such table.
  const { rows } = await sql`
    select 1 from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'liftlock' and c.relname = 'format'`.execute(tx);
  if (rows.length === 0) return 0;
  const newest = await tx
    .withSchema("liftlock")
    .selectFrom("format")
    .select((e) => e.fn.max("version").as("version"))
    .executeTakeFirst();
  return newest?.version ?? 0;
}

/**
 * Brings the database's schema `liftlock` up to this version's format; a look is enough when it is there.
 * @throws Failure `LedgerUnavailable` when a newer version made it
 */
export async function migrate(tx: Transaction<Tables>, place: string): Promise<void> {
  if ((await present(tx)) === versions.length) return;
  // One of several first users makes it; the others find it made.
  await sql`select pg_advisory_xact_lock(hashtext('liftlock'))`.execute(tx);
  const found = await present(tx);
  if (found > versions.length) throw tooNew(place);
  if (found === 0) {
    await sql`create schema if not exists liftlock`.execute(tx);
    await sql`create table liftlock.format (version integer primary key)`.execute(tx);
  }
  for (const [index, statements] of versions.entries()) {
    if (index < found) continue;
    for (const statement of statements) await sql.raw(statement).execute(tx);
    await tx
      .withSchema("liftlock")
      .insertInto("format")
      .values({ version: index + 1 })
      .execute();
  }
}
