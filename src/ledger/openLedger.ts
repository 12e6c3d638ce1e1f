import { Failure } from "../release/failure.ts";
import { FileLedger } from "./files/fileLedger.ts";
import type { Ledger } from "./ledger.ts";
import { ledgerPlace } from "./place.ts";

export interface OpenLedgerOptions {
  /** The project: where `Pulumi.yaml` lies. */
  workDirectory: string;
  /** Variables; `LIFTLOCK_LEDGER` and those that choose the backend are read. */
  environment: Readonly<Record<string, string | undefined>>;
}

/**
 * The installation's ledger: the database that `LIFTLOCK_LEDGER` names, else files next to a file backend, else files in the checkout
 * (`location.shared` is false then). Nothing is read, written or connected before it is used.
 * @throws Failure `ConfigInvalid` when `LIFTLOCK_LEDGER` is no PostgreSQL address; its value is not quoted
 */
export async function openLedger({ workDirectory, environment }: OpenLedgerOptions): Promise<Ledger> {
  const url = environment["LIFTLOCK_LEDGER"];
  if (!url) return new FileLedger(ledgerPlace(workDirectory, environment));
  // The driver of a database is loaded by those who have one.
  const { connect, isPostgresUrl } = await import("./postgres/connect.ts");
  if (isPostgresUrl(url)) {
    const { PostgresLedger } = await import("./postgres/postgresLedger.ts");
    return new PostgresLedger(connect(url));
  }
  throw new Failure({
    code: "ConfigInvalid",
    message: "expected LIFTLOCK_LEDGER to begin with postgres://",
    hint: "Leave it unset to keep the ledger in files next to the stack backend.",
    fault: "user",
  });
}
