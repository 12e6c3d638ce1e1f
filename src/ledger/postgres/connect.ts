import { type Dialect, PostgresDialect } from "kysely";
import pg from "pg";
import { Failure } from "../../release/failure.ts";

/** True for what `LIFTLOCK_LEDGER` may hold. */
export const isPostgresUrl = (text: string): boolean => /^postgres(?:ql)?:\/\//.test(text);

/** A database's address as it may be shown: no user, no password, no parameters. */
function placeOf(url: string): string {
  try {
    const { host, pathname, searchParams } = new URL(url);
    return `postgres://${host || (searchParams.get("host") ?? "localhost")}${pathname}`;
  } catch {
    // The cause is left out on purpose: it quotes the address with the password.
    throw new Failure({
      code: "ConfigInvalid",
      message:
        "expected LIFTLOCK_LEDGER to be an address such as postgres://user:password@host:5432/database",
      hint: "Characters such as @ / : # in the password must be percent-encoded.",
      fault: "user",
    });
  }
}

/**
 * A small pool of connections; the first is made when first needed.
 * @param url `postgres://user:password@host:port/database?sslmode=…`
 * @throws Failure `ConfigInvalid` when it is no such address
 */
export function connect(url: string): { dialect: Dialect; place: string } {
  const place = placeOf(url);
  const pool = new pg.Pool({
    connectionString: url,
    application_name: "liftlock",
    // One for the promotion, one for the renewal of its lease.
    max: 2,
    connectionTimeoutMillis: 5_000,
    // Longer than the database's own limit for a statement: it is asked first.
    query_timeout: 15_000,
    idleTimeoutMillis: 10_000,
    keepAlive: true,
    allowExitOnIdle: true,
  });
  // An idle connection that is lost is no event: the next query makes a new one.
  pool.on("error", () => undefined);
  return { dialect: new PostgresDialect({ pool }), place };
}
