import type { PGlite } from "@electric-sql/pglite";
import { type DatabaseConnection, type Driver, PGliteDialect, PGliteDriver } from "kysely";

/** Not exported by its name. */
type Connection = Parameters<PGliteDriver["commitTransaction"]>[0];

/** How many answers to a commit are yet to be lost. */
interface Losses {
  loseAnswers: number;
}

/** PGlite has one session: whoever wants a connection waits until it is given back. */
class WaitingDriver extends PGliteDriver {
  private last: Promise<void> = Promise.resolve();
  private leave: () => void = () => undefined;
  private readonly losses: Losses;

  constructor(pglite: PGlite, losses: Losses) {
    super({ pglite });
    this.losses = losses;
  }

  override async commitTransaction(connection: Connection): Promise<void> {
    await super.commitTransaction(connection);
    if (this.losses.loseAnswers === 0) return;
    this.losses.loseAnswers -= 1;
    throw Object.assign(new TypeError("the connection was reset"), { code: "ECONNRESET" });
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    const before = this.last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.last = promise;
    await before;
    this.leave = resolve;
    return super.acquireConnection();
  }

  override async releaseConnection(): Promise<void> {
    this.leave();
  }

  /** Several ledgers share the instance; who made it closes it. */
  override async destroy(): Promise<void> {
    await this.last;
  }
}

/** PostgreSQL in this process, for several ledgers at once. */
export class SharedPGliteDialect extends PGliteDialect implements Losses {
  private readonly pglite: PGlite;
  /** So many commits are carried out without their answer coming through. */
  loseAnswers = 0;

  constructor(pglite: PGlite) {
    super({ pglite });
    this.pglite = pglite;
  }

  override createDriver(): Driver & PGliteDriver {
    return new WaitingDriver(this.pglite, this);
  }
}
