import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { databasePrograms, type Ended } from "../../../../rehearsal/host/service/database/programs.ts";

let data = "";
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), "liftlock-database-"));
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

const environment = { POSTGRES_USER: "shop", POSTGRES_DB: "shop" };
const as = ["--username", "shop", "--dbname", "shop", "--no-password"];

function run(
  program: string,
  args: readonly string[],
  input = "",
  more: { up?: boolean; data?: string } = {},
): Ended {
  const found = databasePrograms.get(program);
  if (!found) throw new TypeError(`there is no ${program}`);
  return found({ args, input, data, up: true, environment, ...more });
}

const sql = (text: string, more = {}) => run("psql", [...as, "--command", text], "", more);
const tables =
  "select count(*) from pg_catalog.pg_tables where schemaname not in ('pg_catalog', 'information_schema')";

function dumped(): string {
  sql("create table orders (id int, what text)");
  sql("insert into orders values (1, 'a (small) lamp, ''old'''), (2, 'a chair')");
  sql("create table people (name text)");
  const { stdout, exitCode } = run("pg_dump", [...as, "--format", "custom"]);
  expect(exitCode).toBe(0);
  return stdout;
}

describe("the stand-in for PostgreSQL", () => {
  it("keeps rows", () => {
    dumped();
    expect(sql("select count(*) from orders").stdout).toBe("2\n");
    expect(sql("select count(*) > 2 from orders").stdout).toBe("f\n");
    expect(sql(tables).stdout).toBe("2\n");
  });

  it("dumps them, and restores them elsewhere", () => {
    const dump = dumped();
    const elsewhere = { data: mkdtempSync(join(data, "other-")) };
    const restored = run(
      "pg_restore",
      [...as, "--exit-on-error", "--no-owner", "--no-privileges"],
      dump,
      elsewhere,
    );
    expect(restored).toMatchObject({ exitCode: 0 });
    expect(sql("select count(*) from orders", elsewhere).stdout).toBe("2\n");
    expect(sql(tables, elsewhere).stdout).toBe("2\n");
  });

  it("lists an archive as the real one does", () => {
    const { stdout } = run("pg_restore", ["--list"], dumped());
    expect(
      stdout.split("\n").filter((line) => /^\d+; \d+ \d+ TABLE public \w+ shop$/.test(line)),
    ).toHaveLength(2);
    expect(stdout).toContain("TABLE DATA public orders shop");
  });

  it.each([
    ["cut off", (dump: string) => dump.slice(0, -20)],
    ["changed", (dump: string) => dump.replace("lamp", "lump")],
    ["another file", () => "hello"],
    ["empty", () => ""],
  ])("does not restore an archive that is %s", (_, spoil) => {
    const dump = spoil(dumped());
    const elsewhere = { data: mkdtempSync(join(data, "other-")) };
    expect(run("pg_restore", as, dump, elsewhere).exitCode).toBe(1);
  });

  it.each([
    ["psql", ["--username", "admin", "--dbname", "shop", "--command", "select 1"], "role"],
    ["psql", ["--username", "shop", "--dbname", "other", "--command", "select 1"], "database"],
    ["psql", [...as, "--command", "delete from orders"], "does not understand"],
    ["psql", [...as, "--command", "select count(*) from nothing"], "does not exist"],
    ["pg_dump", [...as, "--format", "plain"], "custom only"],
  ])("refuses %s %j", (program, args, why) => {
    expect(run(program, args)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(why) });
  });

  it("answers nothing while its server is down", () => {
    expect(sql("select count(*) from orders", { up: false })).toMatchObject({ exitCode: 1 });
    expect(run("pg_isready", ["--username", "shop"], "", { up: false }).exitCode).toBe(2);
  });
});
