import { type RawBuilder, sql, type Transaction } from "kysely";
import { type Holder, holderSchema, isDead } from "../holder.ts";
import type { Tables } from "./schema.ts";

/** An environment's row, locked until the transaction ends, and what the database's clock says of its lease. */
export interface LockedEnvironment {
  fence: number;
  head: { seq: number; hash: string };
  /** By the database's clock, after the lock was had. */
  now: Date;
  holder?: Holder;
  /** False: the lease is to be had. */
  alive: boolean;
}

const after = (time: number): RawBuilder<Date> =>
  sql<Date>`clock_timestamp() + ${time} * interval '1 millisecond'`;

const milliseconds = sql<number>`(extract(epoch from clock_timestamp()) * 1000)::float8`;

function parseHolder(text: string | null): Holder | undefined {
  return text === null ? undefined : holderSchema.parse(JSON.parse(text));
}

/** Locks an environment's row, making it when it is new. Writers pass here one after the other. */
export async function lockEnvironment(
  tx: Transaction<Tables>,
  environment: string,
): Promise<LockedEnvironment> {
  const find = () =>
    tx
      .selectFrom("environment")
      .select(["fence", "head_seq", "head_hash", "holder", "lease_id"])
      .where("name", "=", environment)
      .forUpdate()
      .executeTakeFirst();
  let row = await find();
  if (!row) {
    const fresh = { name: environment, fence: 0, head_seq: 0, head_hash: "0".repeat(64) };
    await tx
      .insertInto("environment")
      .values(fresh)
      .onConflict((c) => c.doNothing())
      .execute();
    row = await find();
  }
  // A statement of its own: the one that waited for the lock read the clock before it waited.
  const clock = await tx
    .selectFrom("environment")
    .select([
      milliseconds.as("now"),
      sql<boolean>`coalesce(expires_at > clock_timestamp(), false)`.as("valid"),
    ])
    .where("name", "=", environment)
    .executeTakeFirstOrThrow();
  const holder = row?.lease_id ? parseHolder(row.holder) : undefined;
  return {
    fence: row?.fence ?? 0,
    head: { seq: row?.head_seq ?? 0, hash: row?.head_hash ?? "" },
    now: new Date(clock.now),
    ...(holder && { holder }),
    alive: holder !== undefined && clock.valid && !isDead(holder),
  };
}

/** Who holds it, without locking anything. */
export async function findHolder(tx: Transaction<Tables>, environment: string): Promise<Holder | undefined> {
  const row = await tx
    .selectFrom("environment")
    .select(["holder", sql<boolean>`coalesce(expires_at > clock_timestamp(), false)`.as("valid")])
    .where("name", "=", environment)
    .where("lease_id", "is not", null)
    .executeTakeFirst();
  const holder = row?.valid ? parseHolder(row.holder) : undefined;
  return holder && !isDead(holder) ? holder : undefined;
}

/** Writes the lease. The caller holds the environment's row. @param time milliseconds */
export async function giveLease(
  tx: Transaction<Tables>,
  environment: string,
  holder: Holder,
  time: number,
): Promise<void> {
  await tx
    .updateTable("environment")
    .set({
      fence: holder.fence,
      lease_id: holder.id,
      holder: JSON.stringify(holder),
      expires_at: after(time),
    })
    .where("name", "=", environment)
    .execute();
}

/** False when it is another's now. Atomic: no lock is needed before. */
export async function renewLease(
  tx: Transaction<Tables>,
  environment: string,
  id: string,
  time: number,
): Promise<boolean> {
  const result = await tx
    .updateTable("environment")
    .set({ expires_at: after(time) })
    .where("name", "=", environment)
    .where("lease_id", "=", id)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Gives it back, if it is still this one. The fencing counter stays. */
export async function releaseLease(tx: Transaction<Tables>, environment: string, id: string): Promise<void> {
  await tx
    .updateTable("environment")
    .set({ lease_id: null, holder: null, expires_at: null })
    .where("name", "=", environment)
    .where("lease_id", "=", id)
    .execute();
}
