/** `pg_dump`, `pg_restore`, `psql` and `pg_isready` in a container with a database; other options than these are refused. */
import { type FlagSpecs, type Flags, parseFlags } from "../../docker/flags.ts";
import { listing, readArchive, writeArchive } from "./archive.ts";
import { runSql } from "./sql.ts";
import { Tables } from "./tables.ts";

/** How a program in a container ended. */
export interface Ended {
  stdout: string;
  stderr: string;
  exitCode: number;
}

/** What a program is given. */
export interface DatabaseCall {
  args: readonly string[];
  /** Standard input. */
  input: string;
  /** The server's data folder on this machine. */
  data: string;
  /** Whether the server answers. */
  up: boolean;
  environment: Readonly<Record<string, string>>;
}

const said = (stdout: string): Ended => ({ stdout, stderr: "", exitCode: 0 });
const failed = (stderr: string, exitCode = 1): Ended => ({ stdout: "", stderr: `${stderr}\n`, exitCode });

const connection = {
  username: { takes: "value" },
  dbname: { takes: "value" },
  "no-password": {},
} satisfies FlagSpecs;

const noServer = (program: string) =>
  failed(
    `${program}: error: connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed: No such file or directory`,
  );

/** The database that is meant; the server knows its own only, and one role, who owns it. */
function open(program: string, flags: Flags, { data, up, environment }: DatabaseCall): Tables | Ended {
  if (!up) return noServer(program);
  const { POSTGRES_USER: owner = "postgres", POSTGRES_DB: database = owner } = environment;
  const [user = "root", name = user] = [flags.value("username"), flags.value("dbname")];
  if (user !== owner)
    return failed(`${program}: error: connection to server failed: FATAL:  role "${user}" does not exist`);
  if (name !== database)
    return failed(
      `${program}: error: connection to server failed: FATAL:  database "${name}" does not exist`,
    );
  return new Tables(data, name);
}

type Program = (call: DatabaseCall) => Ended;

const dump: Program = (call) => {
  const flags = parseFlags("pg_dump", call.args, {
    ...connection,
    format: { takes: "value" },
    "lock-wait-timeout": { takes: "value" },
  });
  if (flags.value("format") !== "custom")
    return failed("the simulated host's pg_dump writes --format custom only");
  const tables = open("pg_dump", flags, call);
  return "exitCode" in tables ? tables : said(writeArchive(flags.value("dbname") ?? "", tables.all()));
};

const restore: Program = (call) => {
  const flags = parseFlags("pg_restore", call.args, {
    ...connection,
    list: {},
    clean: {},
    "if-exists": {},
    "exit-on-error": {},
    "no-owner": {},
    "no-privileges": {},
    "single-transaction": {},
  });
  const archive = readArchive(call.input);
  if (typeof archive === "string") return failed(archive);
  const { POSTGRES_USER: owner = "postgres" } = call.environment;
  if (flags.on("list")) return said(listing(archive.tables, owner));
  const tables = open("pg_restore", flags, call);
  if ("exitCode" in tables) return tables;
  if (flags.on("single-transaction") && !archive.whole)
    return failed("pg_restore: error: could not read from input file: end of file");
  // As the real one does: table after table, until the archive ends too early.
  for (const { name, rows } of archive.tables) {
    if (tables.has(name) && flags.on("clean")) tables.drop(name);
    if (tables.has(name))
      return failed(`pg_restore: error: could not execute query: ERROR:  relation "${name}" already exists`);
    tables.create(name);
    tables.insert(name, rows);
  }
  return archive.whole ? said("") : failed("pg_restore: error: could not read from input file: end of file");
};

const psql: Program = (call) => {
  const flags = parseFlags("psql", call.args, {
    ...connection,
    "no-psqlrc": {},
    "tuples-only": {},
    "no-align": {},
    set: { takes: "value" },
    command: { takes: "value" },
  });
  const tables = open("psql", flags, call);
  if ("exitCode" in tables) return tables;
  const reply = runSql(tables, flags.value("command") ?? "");
  return "error" in reply ? failed(`ERROR:  ${reply.error}`) : said(reply.text);
};

const isReady: Program = (call) => {
  parseFlags("pg_isready", call.args, { ...connection, host: { takes: "value" } });
  return call.up
    ? said("/var/run/postgresql:5432 - accepting connections\n")
    : { stdout: "/var/run/postgresql:5432 - no response\n", stderr: "", exitCode: 2 };
};

/** By name. */
export const databasePrograms: ReadonlyMap<string, Program> = new Map([
  ["pg_dump", dump],
  ["pg_restore", restore],
  ["psql", psql],
  ["pg_isready", isReady],
]);
