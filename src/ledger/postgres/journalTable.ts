import type { Transaction } from "kysely";
import { type Checkpoint, type JournalText, verifyChain } from "../chain.ts";
import type { Entry, EntryDrafts, Link } from "../entry.ts";
import { corrupted, demandIntact } from "../refusals.ts";
import { planRepair, type Repairer } from "../repair.ts";
import { type SealedLines, sealAll } from "../seal.ts";
import type { Tables } from "./schema.ts";

/** Rows of one `insert`. */
const batch = 500;

async function readHead(tx: Transaction<Tables>, environment: string): Promise<Link | undefined> {
  const row = await tx
    .selectFrom("environment")
    .select(["head_seq", "head_hash"])
    .where("name", "=", environment)
    .executeTakeFirst();
  return row && { seq: row.head_seq, hash: row.head_hash };
}

async function readCheckpoint(tx: Transaction<Tables>, environment: string): Promise<Checkpoint | undefined> {
  const row = await tx
    .selectFrom("checkpoint")
    .selectAll()
    .where("environment", "=", environment)
    .orderBy("seq", "desc")
    .executeTakeFirst();
  if (!row) return undefined;
  const { seq, hash, pruned_at, previous_seq, previous_hash } = row;
  return {
    seq,
    hash,
    prunedAt: pruned_at,
    ...(previous_seq !== null &&
      previous_hash !== null && { previous: { seq: previous_seq, hash: previous_hash } }),
  };
}

/** Everything as it lies there. The caller holds the environment's row: no writer is at work. */
export async function readText(tx: Transaction<Tables>, environment: string): Promise<JournalText> {
  const head = await readHead(tx, environment);
  const checkpoint = await readCheckpoint(tx, environment);
  const rows = await tx
    .selectFrom("journal")
    .select("line")
    .where("environment", "=", environment)
    .orderBy("seq")
    .execute();
  return {
    environment,
    lines: rows.map(({ line }) => line),
    ...(head && { head }),
    ...(checkpoint && { checkpoint }),
  };
}

/**
 * Writes entries behind the last one and moves the head. The caller holds the environment's row.
 * @param head as that row says
 * @throws Failure `LedgerCorrupted` when the last entry is not the head
 */
export async function appendRows(
  tx: Transaction<Tables>,
  environment: string,
  head: Link,
  drafts: EntryDrafts,
): Promise<Entry> {
  const last = await tx
    .selectFrom("journal")
    .select(["seq", "hash"])
    .where("environment", "=", environment)
    .orderBy("seq", "desc")
    .executeTakeFirst();
  if ((last?.seq ?? 0) !== head.seq || (last && last.hash !== head.hash)) {
    demandIntact(verifyChain(await readText(tx, environment)), `liftlock.journal of ${environment}`);
    throw corrupted(
      environment,
      `liftlock.journal of ${environment}`,
      `it should end with entry ${head.seq}`,
    );
  }
  return writeRows(tx, environment, sealAll(head, environment, drafts));
}

async function writeRows(tx: Transaction<Tables>, environment: string, sealed: SealedLines): Promise<Entry> {
  const rows = sealed.entries.map(({ seq, hash }, index) => ({
    environment,
    seq,
    hash,
    line: sealed.lines[index] ?? "",
  }));
  for (let at = 0; at < rows.length; at += batch)
    await tx
      .insertInto("journal")
      .values(rows.slice(at, at + batch))
      .execute();
  await tx
    .updateTable("environment")
    .set({ head_seq: sealed.last.seq, head_hash: sealed.last.hash })
    .where("name", "=", environment)
    .execute();
  return sealed.last;
}

/** Goes on behind what is broken, without changing a row of it. The caller holds the environment's row. */
export async function repairRows(
  tx: Transaction<Tables>,
  environment: string,
  by: Repairer,
  now: Date,
): Promise<Entry | undefined> {
  const row = await tx
    .selectFrom("journal")
    .select((e) => e.fn.max("seq").as("seq"))
    .where("environment", "=", environment)
    .executeTakeFirst();
  const plan = planRepair(await readText(tx, environment), by, now, row?.seq ?? 0);
  return plan && writeRows(tx, environment, sealAll(plan.after, environment, [plan.draft]));
}

/** True when an earlier try wrote this entry, although its answer did not come through. */
export async function isWritten(tx: Transaction<Tables>, environment: string, link: Link): Promise<boolean> {
  const row = await tx
    .selectFrom("journal")
    .select("seq")
    .where("environment", "=", environment)
    .where("seq", "=", link.seq)
    .where("hash", "=", link.hash)
    .executeTakeFirst();
  return row !== undefined;
}

/** Removes the rows up to a link that the journal confirmed, in the same transaction. */
export async function cutRows(
  tx: Transaction<Tables>,
  environment: string,
  through: Link,
  prunedAt: string,
): Promise<void> {
  const previous = await readCheckpoint(tx, environment);
  await tx
    .insertInto("checkpoint")
    .values({
      environment,
      ...through,
      pruned_at: prunedAt,
      previous_seq: previous?.seq ?? null,
      previous_hash: previous?.hash ?? null,
    })
    .execute();
  await tx
    .deleteFrom("journal")
    .where("environment", "=", environment)
    .where("seq", "<=", through.seq)
    .execute();
}
