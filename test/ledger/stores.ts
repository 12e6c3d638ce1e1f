import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { FileLedger } from "../../src/ledger/files/fileLedger.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { connect } from "../../src/ledger/postgres/connect.ts";
import { PostgresLedger } from "../../src/ledger/postgres/postgresLedger.ts";
import { SharedPGliteDialect } from "./pgliteDialect.ts";
import { PostgresServer, postgresBinaries } from "./postgresServer.ts";
import type { Address } from "./process.ts";

/** A place for ledgers, and what somebody with full rights there could do to one. */
export interface Store extends AsyncDisposable {
  /** A ledger as one driver has it. */
  open(leaseTime?: number): Ledger;
  /** How another process finds it; absent where none can. */
  address?: Address;
  /** Makes so many next commits carry out their work without their answer coming through; returns how many of them are left. */
  loseAnswers?(count: number): () => number;
  /** Replaces the journal's lines. */
  tamper(environment: string, change: (lines: string[]) => string[]): Promise<void>;
  /** Makes the lease look as if nobody had renewed it for two minutes. */
  expire(environment: string): Promise<void>;
}

async function files(): Promise<Store> {
  const directory = mkdtempSync(join(tmpdir(), "ledger-"));
  return {
    open: (leaseTime) => new FileLedger({ directory, shared: true, ...(leaseTime && { leaseTime }) }),
    address: { kind: "files", place: directory },
    async tamper(environment, change) {
      const file = join(directory, environment, "journal.jsonl");
      const lines = change(readFileSync(file, "utf8").split("\n").slice(0, -1));
      writeFileSync(file, lines.map((line) => `${line}\n`).join(""));
    },
    async expire(environment) {
      const then = Date.now() / 1000 - 120;
      utimesSync(join(directory, environment, "lease.json"), then, then);
    },
    async [Symbol.asyncDispose]() {
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

type Query = (text: string, values?: unknown[]) => Promise<Record<string, unknown>[]>;

const withSql = (query: Query): Pick<Store, "tamper" | "expire"> => ({
  async tamper(environment, change) {
    const rows = await query("select line from liftlock.journal where environment = $1 order by seq", [
      environment,
    ]);
    const lines = change(rows.map((row) => String(row["line"])));
    await query("delete from liftlock.journal where environment = $1", [environment]);
    for (const [index, line] of lines.entries())
      await query("insert into liftlock.journal values ($1, $2, '', $3)", [environment, index + 1, line]);
  },
  async expire(environment) {
    await query(
      "update liftlock.environment set expires_at = clock_timestamp() - interval '1 minute' where name = $1",
      [environment],
    );
  },
});

async function pglite(): Promise<Store> {
  const instance = await PGlite.create();
  const dialect = new SharedPGliteDialect(instance);
  return {
    open: (leaseTime) =>
      new PostgresLedger({ dialect, place: "postgres://in-process", ...(leaseTime && { leaseTime }) }),
    loseAnswers(count) {
      dialect.loseAnswers = count;
      return () => dialect.loseAnswers;
    },
    ...withSql(async (text, values) => (await instance.query<Record<string, unknown>>(text, values)).rows),
    async [Symbol.asyncDispose]() {
      await instance.close();
    },
  };
}

async function postgres(): Promise<Store> {
  const server = await PostgresServer.start(postgresBinaries ?? "");
  return {
    open: (leaseTime) => new PostgresLedger({ ...connect(server.url()), ...(leaseTime && { leaseTime }) }),
    address: { kind: "postgres", place: server.url() },
    ...withSql((text, values) => server.query(text, values)),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
    },
  };
}

export interface StoreKind {
  name: string;
  start: () => Promise<Store>;
  /** Why it cannot be tested here. */
  missing?: string;
}

export const inFiles: StoreKind = { name: "files", start: files };
export const inPGlite: StoreKind = { name: "PGlite", start: pglite };
export const inPostgres: StoreKind = {
  name: "PostgreSQL",
  start: postgres,
  ...(postgresBinaries === undefined && { missing: "no initdb and postgres on this machine" }),
};
