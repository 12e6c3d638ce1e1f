import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hazardNames } from "../../src/migrations/hazards.ts";
import { reviewMigration } from "../../src/migrations/review.ts";

const found = async (sql: string) =>
  (await reviewMigration("1.sql", sql)).map(({ hazard, line, allowed }) =>
    [hazard, line, ...(allowed === undefined ? [] : [allowed])].join(" "),
  );
const hazardsIn = async (sql: string) => (await reviewMigration("1.sql", sql)).map(({ hazard }) => hazard);

describe("a migration", () => {
  it.each<[string, string[]]>([
    ["DROP TABLE orders", ["drop"]],
    ["DROP TABLE IF EXISTS shop.orders CASCADE", ["drop"]],
    ["DROP VIEW totals", ["drop"]],
    ["DROP SCHEMA shop CASCADE", ["drop"]],
    ["DROP TYPE state", ["drop"]],
    ["DROP FUNCTION total(int)", ["drop"]],
    ["DROP DATABASE shop", ["drop"]],
    ["DROP OWNED BY old", ["drop"]],
    ["ALTER TABLE orders DROP COLUMN note", ["dropColumn"]],
    ["ALTER TABLE orders DROP note, DROP COLUMN IF EXISTS total", ["dropColumn", "dropColumn"]],
    ["ALTER TYPE address DROP ATTRIBUTE street", ["dropColumn"]],
    ["TRUNCATE orders, lines", ["truncate"]],
    ["DELETE FROM orders", ["deleteAll"]],
    ["WITH gone AS (DELETE FROM orders RETURNING *) INSERT INTO archive SELECT * FROM gone", ["deleteAll"]],
    ["UPDATE orders SET total = 0", ["updateAll"]],
    ["ALTER TABLE orders RENAME TO purchases", ["rename"]],
    ["ALTER TABLE orders RENAME COLUMN note TO remark", ["rename"]],
    ["ALTER TYPE state RENAME VALUE 'new' TO 'open'", ["rename"]],
    ["ALTER TABLE orders SET SCHEMA archive", ["rename"]],
    ["ALTER TABLE orders ALTER COLUMN id TYPE bigint", ["alterType"]],
    ["ALTER TABLE orders ALTER COLUMN note SET NOT NULL", ["setNotNull"]],
    ["ALTER TABLE orders ADD COLUMN note text NOT NULL", ["addNotNull"]],
    ["ALTER TABLE orders ADD COLUMN id int PRIMARY KEY", ["addNotNull", "constraintLock"]],
    ["ALTER TABLE orders ADD COLUMN key uuid DEFAULT gen_random_uuid()", ["rewrite"]],
    ["ALTER TABLE orders ADD COLUMN number bigserial", ["rewrite"]],
    ["ALTER TABLE orders ADD COLUMN n int GENERATED ALWAYS AS IDENTITY", ["rewrite"]],
    ["ALTER TABLE orders ADD COLUMN n int GENERATED ALWAYS AS (a + 1) STORED", ["rewrite"]],
    ["ALTER TABLE orders ADD COLUMN sku text UNIQUE", ["constraintLock"]],
    ["ALTER TABLE orders SET UNLOGGED", ["rewrite"]],
    ["VACUUM FULL orders", ["rewrite"]],
    ["CLUSTER orders USING byday", ["rewrite"]],
    ["CREATE INDEX ON orders (day)", ["indexLock"]],
    ["CREATE UNIQUE INDEX byday ON orders (day)", ["indexLock"]],
    ["DROP INDEX byday", ["indexLock"]],
    ["REINDEX TABLE orders", ["indexLock"]],
    ["ALTER TABLE orders ADD CONSTRAINT paid CHECK (total > 0)", ["constraintLock"]],
    ["ALTER TABLE orders ADD FOREIGN KEY (customer) REFERENCES customers", ["constraintLock"]],
    ["ALTER TABLE orders ADD CONSTRAINT one UNIQUE (sku)", ["constraintLock"]],
    ["DO $$ BEGIN EXECUTE 'DROP TABLE orders'; END $$", ["unseen"]],
    ["CALL tidy()", ["unseen"]],
    ["DROP TABL orders", ["unreadable"]],
    ["\\connect shop", ["unreadable"]],
    ["SELECT 1; \0 DROP TABLE orders", ["unreadable"]],
  ])("%s", async (sql, hazards) => {
    expect(await hazardsIn(sql)).toEqual(hazards);
  });

  it.each([
    "",
    "-- nothing\n",
    "CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text NOT NULL)",
    "ALTER TABLE orders ADD COLUMN note text",
    "ALTER TABLE orders ADD COLUMN note text NOT NULL DEFAULT ''",
    "ALTER TABLE orders ADD COLUMN at timestamptz NOT NULL DEFAULT now()",
    "ALTER TABLE orders ADD COLUMN at timestamptz DEFAULT current_timestamp",
    "ALTER TABLE orders ADD COLUMN double int GENERATED ALWAYS AS (a * 2) VIRTUAL",
    "ALTER TABLE orders ALTER COLUMN note DROP NOT NULL",
    "ALTER TABLE orders ALTER COLUMN note SET DEFAULT 'x'",
    "ALTER TABLE orders ADD CONSTRAINT paid CHECK (total > 0) NOT VALID",
    "ALTER TABLE orders VALIDATE CONSTRAINT paid",
    "ALTER TABLE orders ADD CONSTRAINT one UNIQUE USING INDEX byday",
    "ALTER TABLE orders DROP CONSTRAINT paid",
    "ALTER INDEX byday RENAME TO byweek",
    "ALTER TYPE state ADD VALUE 'paid'",
    "CREATE INDEX CONCURRENTLY byday ON orders (day)",
    "DROP INDEX CONCURRENTLY byday",
    "DROP TRIGGER touched ON orders",
    "DELETE FROM orders WHERE day < '2020-01-01'",
    "UPDATE orders SET total = 0 WHERE total IS NULL",
    "INSERT INTO states VALUES ('DROP TABLE orders')",
    "CREATE FUNCTION f() RETURNS void LANGUAGE sql BEGIN ATOMIC DELETE FROM orders; END",
    "COMMENT ON TABLE orders IS 'TRUNCATE orders'",
  ])("has nothing against %j", async (sql) => {
    expect(await hazardsIn(sql)).toEqual([]);
  });

  it("may do what it likes with a table that it made itself", async () => {
    const sql = [
      "CREATE TABLE public.draft (id int);",
      "CREATE INDEX ON draft (id);",
      "ALTER TABLE draft ADD COLUMN note text NOT NULL;",
      "DELETE FROM draft;",
      "ALTER TABLE draft RENAME TO final;",
      "DROP TABLE draft;",
      "DROP TABLE orders;",
    ];
    expect(await found(sql.join("\n"))).toEqual(["drop 7"]);
    expect(await found("DROP TABLE draft; CREATE TABLE draft (id int);")).toEqual(["drop 1"]);
  });

  it.each<[string, string, string[]]>([
    ["above it", "-- liftlock: allow drop unused since 2.3\nDROP TABLE a;", ["drop 2 unused since 2.3"]],
    ["behind other letters", "SELECT 'ä€😀';\n-- liftlock: allow drop é\nDROP TABLE a;", ["drop 3 é"]],
    [
      "two of them",
      "-- liftlock: allow drop x\n-- liftlock: allow indexLock y\nDROP TABLE a;\nDROP INDEX b;",
      ["drop 3 x", "indexLock 4"],
    ],
    ["of another hazard", "-- liftlock: allow truncate x\nDROP TABLE a;", ["drop 2"]],
    [
      "of the statement before",
      "DROP TABLE a; -- liftlock: allow drop x\nDROP TABLE b;",
      ["drop 1", "drop 2"],
    ],
    ["a line too far", "-- liftlock: allow drop x\n\nDROP TABLE a;", ["drop 3"]],
    ["in a text", "SELECT '\n-- liftlock: allow drop x\n';\nDROP TABLE a;", ["drop 4"]],
    ["without a reason", "-- liftlock: allow drop\nDROP TABLE a;", ["unreadable 1", "drop 2"]],
    ["of a hazard that is none", "-- liftlock: allow all x\nSELECT 1;", ["unreadable 1"]],
    ["that forbids", "-- liftlock: forbid drop x\nSELECT 1;", ["unreadable 1"]],
  ])("an allowance %s", async (_, sql, findings) => {
    expect(await found(sql)).toEqual(findings);
  });

  it("says where it cannot be read", async () => {
    expect(await found("SELECT 1;\n\nDROP TABL a;")).toEqual(["unreadable 3"]);
  });

  it("reads whatever it is given, and never throws", async () => {
    const words = fc.constantFrom(
      "DROP",
      "TABLE",
      "a",
      ";",
      "(",
      ")",
      "'",
      "--",
      "\n",
      "$$",
      "ALTER",
      "\0",
      "é",
      "/*",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(words, { maxLength: 30 }), async (parts) => {
        for (const { hazard, line } of await reviewMigration("1.sql", parts.join(" "))) {
          expect(hazardNames).toContain(hazard);
          expect(line).toBeGreaterThan(0);
        }
      }),
    );
  });

  it("finds a drop wherever it stands among harmless statements", async () => {
    const harmless = fc.constantFrom(
      "SELECT 1;",
      "-- a comment",
      "",
      "CREATE TABLE t (id int);",
      "/* two\nlines */",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(harmless), fc.array(harmless), async (before, after) => {
        const line = before.join("\n").split("\n").length + (before.length === 0 ? 0 : 1);
        expect(await found([...before, "DROP TABLE orders;", ...after].join("\n"))).toEqual([`drop ${line}`]);
      }),
    );
  });
});
