import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../src/ledger/postgres/connect.ts";
import { PostgresLedger } from "../../src/ledger/postgres/postgresLedger.ts";
import { asFailure, type FailureCode } from "../../src/release/failure.ts";
import { note, started } from "./entries.ts";
import { PostgresServer, postgresBinaries } from "./postgresServer.ts";

const codeOf = (promise: Promise<unknown>): Promise<FailureCode | "none"> =>
  promise.then(
    () => "none" as const,
    (thrown: unknown) => asFailure(thrown).code,
  );
const request = { promotion: "p1", actor: "octo-dev" };
const binaries = postgresBinaries ?? "";

describe.skipIf(postgresBinaries === undefined)("a ledger in a PostgreSQL of its own", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await PostgresServer.start(binaries);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it("is made once by several first users at once", async () => {
    const ledgers = [1, 2, 3].map(() => new PostgresLedger(connect(server.url())));
    const written = await Promise.all(ledgers.map((ledger) => ledger.append("staging", note())));
    expect(written.map((e) => e.seq).toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
    expect(await server.query("select version from liftlock.format")).toEqual([{ version: 1 }]);
    await Promise.all(ledgers.map((ledger) => ledger.close()));
  });

  it("works with rights that can change no entry", async () => {
    await server.query(`
      create role driver login;
      grant usage on schema liftlock to driver;
      grant select on all tables in schema liftlock to driver;
      grant insert, update on liftlock.environment to driver;
      grant insert on liftlock.journal to driver`);
    await using ledger = new PostgresLedger(connect(server.url("driver")));
    const lease = await ledger.acquire("rights", request);
    await ledger.append("rights", started(lease, "p1"));
    await lease[Symbol.asyncDispose]();
    await ledger.append("rights", note("old", { time: "2020-01-01T00:00:00Z" }));
    expect(await ledger.verify("rights")).toMatchObject({ intact: true, entries: 2 });
    await using owner = new PostgresLedger(connect(server.url()));
    await owner.append("past", note("old", { time: "2020-01-01T00:00:00Z" }));
    const refused = await ledger.prune("past", new Date(), "retention").then(() => undefined, asFailure);
    expect(refused).toMatchObject({
      code: "LedgerUnavailable",
      message: expect.stringContaining("the role driver may not remove entries"),
    });
    for (const grant of ["delete on liftlock.journal", "insert on liftlock.checkpoint"])
      expect(refused?.hint).toContain(`grant ${grant} to driver;`);
    expect(await owner.verify("past")).toMatchObject({ entries: 1, problems: [] });
    // What it says is enough.
    const grants = refused?.hint?.slice(refused.hint.indexOf("grant ")) ?? "";
    await server.query(grants);
    expect(await ledger.prune("past", new Date(), "retention")).toMatchObject({ removed: 1 });
  });

  it("tells a role without rights what it needs", async () => {
    await server.query("create role stranger login");
    await using ledger = new PostgresLedger(connect(server.url("stranger")));
    const failure = await ledger.read("staging").then(() => undefined, asFailure);
    expect(failure).toMatchObject({ code: "LedgerUnavailable", hint: expect.stringContaining("Grant") });
  });

  it("outlives a restart of the server in the middle of its work", async () => {
    await using ledger = new PostgresLedger(connect(server.url()));
    await ledger.append("restart", note("before"));
    await server.down();
    const written = ledger.append("restart", note("meanwhile"));
    await server.up(binaries);
    expect((await written).seq).toBe(2);
    expect((await ledger.append("restart", note("after"))).seq).toBe(3);
  });

  it("refuses a format that a newer version made", async () => {
    await server.query("insert into liftlock.format values (99)");
    await using ledger = new PostgresLedger(connect(server.url()));
    const failure = await ledger.append("staging", note()).then(() => undefined, asFailure);
    await server.query("delete from liftlock.format where version = 99");
    expect(failure).toMatchObject({ code: "LedgerUnavailable", hint: expect.stringContaining("Update") });
    expect(await codeOf(ledger.append("staging", note()))).toBe("none");
  });
});

describe("a database that does not answer", () => {
  it("is LedgerUnavailable with its place, and without user and password", async () => {
    await using ledger = new PostgresLedger(
      connect("postgres://somebody:never-shown@127.0.0.1:1/ledger?password=nor-this"),
    );
    const failure = await ledger.append("staging", note()).then(() => undefined, asFailure);
    expect(failure?.code).toBe("LedgerUnavailable");
    expect(failure?.message).toContain("postgres://127.0.0.1:1/ledger");
    expect(`${failure?.message} ${failure?.hint} ${ledger.location.description}`).not.toMatch(
      /never-shown|nor-this|somebody/,
    );
  });
});
