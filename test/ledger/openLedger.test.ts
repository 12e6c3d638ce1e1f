import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { openLedger } from "../../src/ledger/openLedger.ts";
import { asFailure } from "../../src/release/failure.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "ledger-"));
  return () => rmSync(directory, { recursive: true, force: true });
});

const open = (environment: Record<string, string>) =>
  openLedger({ workDirectory: directory, environment: { PULUMI_HOME: directory, ...environment } });

describe("openLedger", () => {
  it.each<[string, Record<string, string>, string, boolean]>([
    ["next to a file backend", { PULUMI_BACKEND_URL: "file:///srv/state" }, "/srv/state/.liftlock", true],
    [
      "in the checkout with any other",
      { PULUMI_BACKEND_URL: "https://api.example.com" },
      ".liftlock/ledger",
      false,
    ],
    ["in files when the variable is empty", { LIFTLOCK_LEDGER: "" }, ".liftlock/ledger", false],
    [
      "in PostgreSQL",
      { LIFTLOCK_LEDGER: "postgres://u:p%40ss@db.example.com:25060/audit?sslmode=no-verify" },
      "postgres://db.example.com:25060/audit",
      true,
    ],
    [
      "in PostgreSQL by a socket",
      { LIFTLOCK_LEDGER: "postgresql:///audit?host=/run/postgresql" },
      "postgres:///run/postgresql/audit",
      true,
    ],
  ])("%s", async (_, environment, place, shared) => {
    await using ledger = await open(environment);
    expect(ledger.location.shared).toBe(shared);
    expect(ledger.location.description.endsWith(place)).toBe(true);
  });

  it.each(["mysql://u:never-shown@db/x", "postgres://u:never/shown@[::/x", "never-shown"])(
    "refuses %s without quoting it",
    async (url) => {
      const failure = await open({ LIFTLOCK_LEDGER: url }).then(() => undefined, asFailure);
      expect(failure?.code).toBe("ConfigInvalid");
      expect(JSON.stringify([failure?.message, failure?.hint, failure?.cause, failure?.stack])).not.toContain(
        "never",
      );
    },
  );

  it("makes nothing before it is used", async () => {
    await using ledger = await open({});
    expect(await ledger.current("production")).toBeUndefined();
    expect(await ledger.read("production")).toEqual([]);
    expect(existsSync(join(directory, ".liftlock"))).toBe(false);
  });
});
