import { setTimeout as sleep } from "node:timers/promises";
import { type Dialect, Kysely, sql, type Transaction } from "kysely";
import { Failure } from "../../release/failure.ts";
import { migrate, type Tables } from "./schema.ts";

/** Pauses before the second try and those after it, milliseconds; each is shortened by up to half at random. */
const pauses = [200, 600, 1_800];

/**
 * Set for each transaction, not for the connection: a connection pooler before the database refuses the latter. An entry is on disk when
 * its transaction is committed, whatever the role's own default is.
 */
const settings = sql`select
  set_config('statement_timeout', '10s', true),
  set_config('lock_timeout', '10s', true),
  set_config('idle_in_transaction_session_timeout', '15s', true),
  set_config('synchronous_commit', 'on', true)`;

/** Of the network, and of PostgreSQL: connection lost, shutting down, starting, too many clients, deadlock, waited too long. */
const passing =
  /^(ECONN\w+|EPIPE|ETIMEDOUT|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOENT|08\w{3}|57P0[123]|53300|40001|40P01|55P03|57014)$/;

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

function isPassing(error: unknown): boolean {
  const code = codeOf(error);
  if (code !== "") return passing.test(code);
  // What the driver itself finds out about its connection has no code.
  return error instanceof Error && /terminated|timeout|not queryable/i.test(error.message);
}

const hints: Readonly<Record<string, string>> = {
  "28P01": "Check user and password in LIFTLOCK_LEDGER.",
  "28000": "Check user and password in LIFTLOCK_LEDGER.",
  "3D000": "Create the database, or correct its name in LIFTLOCK_LEDGER.",
  "42501": "Grant the role its rights on the schema liftlock, or run this once as the database's owner.",
};

type Body<T> = (tx: Transaction<Tables>) => Promise<T>;
/** Writers order themselves by the environment's row and must see what the one before wrote. */
type Isolation = "read committed" | "repeatable read";

/** A database with the ledger's tables, reached by transactions only. */
export class Database {
  private readonly db: Kysely<Tables>;
  private readonly place: string;
  private migrated: Promise<void> | undefined;

  /** @param place what people call it: no user, no password */
  constructor(dialect: Dialect, place: string) {
    this.db = new Kysely<Tables>({ dialect });
    this.place = place;
  }

  /**
   * Runs `body` in a transaction, again when the connection fails. It may then have been committed without the answer coming through:
   * `body` looks whether its work is done already.
   * @throws what `body` throws, if that is a `Failure`; else `LedgerUnavailable`
   */
  async transaction<T>(body: Body<T>, isolation: Isolation = "read committed"): Promise<T> {
    this.migrated ??= this.retried((tx) => migrate(tx, this.place), "read committed");
    try {
      await this.migrated;
    } catch (error) {
      this.migrated = undefined;
      throw error;
    }
    return this.retried(body, isolation);
  }

  /** Like `transaction`, for reading: everything read belongs to one instant. */
  async snapshot<T>(body: Body<T>): Promise<T> {
    return this.transaction(body, "repeatable read");
  }

  private async retried<T>(body: Body<T>, isolation: Isolation): Promise<T> {
    for (let tries = 0; ; tries++) {
      try {
        return await this.once(body, isolation);
      } catch (error) {
        if (error instanceof Failure) throw error;
        const pause = pauses[tries];
        if (pause === undefined || !isPassing(error)) throw this.unavailable(error, tries + 1);
        await sleep(pause * (1 - Math.random() / 2));
      }
    }
  }

  private async once<T>(body: Body<T>, isolation: Isolation): Promise<T> {
    return this.db
      .transaction()
      .setIsolationLevel(isolation)
      .execute(async (tx) => {
        await settings.execute(tx);
        return body(tx.withSchema("liftlock"));
      });
  }

  private unavailable(cause: unknown, tries: number): Failure {
    const found = cause instanceof Error ? cause.message || codeOf(cause) : String(cause);
    return new Failure({
      code: "LedgerUnavailable",
      message: `expected the ledger at ${this.place} to answer; after ${tries} ${tries === 1 ? "try" : "tries"}: ${found}`,
      hint: hints[codeOf(cause)] ?? "See that the database runs and can be reached from this machine.",
      cause,
    });
  }

  /** Gives connections back. */
  async close(): Promise<void> {
    await this.db.destroy();
  }
}
