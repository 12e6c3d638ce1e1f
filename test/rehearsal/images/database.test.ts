import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { databasePrograms, type Ended } from "../../../rehearsal/host/service/database/programs.ts";

/** A real busybox, where there is one; otherwise this machine's own programs by their names. */
const named = process.env["BUSYBOX"] ?? "busybox";
const busybox = spawnSync(named, ["true"]).status === 0 ? named : "env";
const program = join(import.meta.dirname, "..", "..", "..", "rehearsal", "images", "database.sh");

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "liftlock-database-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const environment = { POSTGRES_USER: "shop", POSTGRES_DB: "shop" };
const as = ["--username", "shop", "--dbname", "shop", "--no-password"];

/** Runs a program of a server whose data lies below this name. */
type Run = (data: string, name: string, args: readonly string[], input?: string, up?: boolean) => Ended;

const inContainer: Run = (data, name, args, input = "", up = true) => {
  const file = join(directory, name);
  copyFileSync(program, file);
  const { stdout, stderr, status } = spawnSync("sh", [file, ...args], {
    input,
    encoding: "utf8",
    env: {
      ...environment,
      PATH: process.env["PATH"] ?? "",
      BUSYBOX: execFileSync("sh", ["-c", `command -v ${busybox}`], { encoding: "utf8" }).trim(),
      PGDATA: join(directory, data),
      TMPDIR: join(directory, "tmp"),
      SERVE: up ? "true" : "false",
    },
  });
  return { stdout, stderr, exitCode: status ?? -1 };
};

const onSimulatedHost: Run = (data, name, args, input = "", up = true) => {
  const found = databasePrograms.get(name);
  if (!found) throw new TypeError(`there is no ${name}`);
  mkdirSync(join(directory, data), { recursive: true });
  return found({ args, input, data: join(directory, data), up, environment });
};

const tables =
  "select count(*) from pg_catalog.pg_tables where schemaname not in ('pg_catalog', 'information_schema')";

function fill(run: Run, data: string): void {
  for (const text of [
    "create table orders (id int, what text)",
    "insert into orders values (1, 'a lamp'), (2, 'table people 7')",
    "create table people (name text)",
    "create table nothing (x int)",
    "insert into people values ('somebody')",
  ])
    expect(run(data, "psql", [...as, "--command", text])).toMatchObject({ exitCode: 0, stderr: "" });
}

const dump = (run: Run, data: string) => run(data, "pg_dump", [...as, "--format", "custom"]).stdout;
const ask = (run: Run, data: string, text: string) =>
  run(data, "psql", [...as, "--command", text]).stdout.trim();

const both = [
  ["in a container", inContainer, onSimulatedHost],
  ["on a simulated host", onSimulatedHost, inContainer],
] as const;

describe.each(both)("the database %s", (_, run, other) => {
  it("dumps what the other one dumps, and restores what it has dumped", () => {
    fill(run, "one");
    fill(other, "two");
    expect(dump(run, "one")).toBe(dump(other, "two"));
    const restored = run("three", "pg_restore", [...as, "--exit-on-error", "--no-owner"], dump(other, "two"));
    expect(restored).toMatchObject({ exitCode: 0 });
    expect(ask(run, "three", "select count(*) from orders")).toBe("2");
    expect(ask(run, "three", "select count(*) > 0 from nothing")).toBe("f");
    expect(ask(run, "three", "select count(*) > 0 from people")).toBe("t");
    expect(ask(run, "three", tables)).toBe("3");
    expect(dump(run, "three")).toBe(dump(run, "one"));
  });

  it("lists an archive", () => {
    fill(run, "one");
    const { stdout } = run("one", "pg_restore", ["--list"], dump(run, "one"));
    expect(stdout).toBe(other("two", "pg_restore", ["--list"], dump(run, "one")).stdout);
    expect(stdout.split("\n").filter((line) => / TABLE public /.test(line))).toHaveLength(3);
  });

  it("puts back in one transaction, or not at all", () => {
    fill(run, "one");
    const whole = dump(run, "one");
    run("one", "psql", [...as, "--command", "insert into people values ('another')"]);
    const how = [...as, "--clean", "--if-exists", "--single-transaction"];
    expect(run("one", "pg_restore", how, whole.replace("lamp", "lump")).exitCode).toBe(1);
    expect(ask(run, "one", "select count(*) from people")).toBe("2");
    expect(run("one", "pg_restore", how, whole).exitCode).toBe(0);
    expect(ask(run, "one", "select count(*) from people")).toBe("1");
  });

  it.each([
    ["cut off", (text: string) => text.slice(0, -20)],
    ["changed", (text: string) => text.replace("lamp", "lump")],
    ["another file", () => "hello\n"],
    ["empty", () => ""],
  ])("does not restore an archive that is %s", (_, spoil) => {
    fill(run, "one");
    expect(run("two", "pg_restore", as, spoil(dump(run, "one"))).exitCode).toBe(1);
  });

  it.each([
    ["psql", ["--username", "admin", "--dbname", "shop", "--command", tables]],
    ["psql", ["--username", "shop", "--dbname", "other", "--command", tables]],
    ["psql", [...as, "--command", "delete from orders"]],
    ["psql", [...as, "--command", "select count(*) from nowhere"]],
    ["psql", [...as, "--file", "x"]],
    ["pg_dump", [...as, "--format", "plain"]],
  ])("refuses %s %j", (name, args) => {
    const refuse = () => {
      const { exitCode, stderr } = run("one", name, args);
      expect(stderr).not.toBe("");
      return exitCode;
    };
    let code: number;
    try {
      code = refuse();
    } catch (thrown) {
      // The simulated host's flags are refused by what calls them.
      code = (thrown as { exitCode?: number }).exitCode ?? 0;
    }
    expect(code).toBeGreaterThan(0);
  });

  it("answers nothing while its server is down", () => {
    expect(run("one", "psql", [...as, "--command", tables], "", false).exitCode).toBe(1);
  });
});
