import { sql, type Transaction } from "kysely";
import { Failure } from "../../release/failure.ts";
import type { Tables } from "./schema.ts";

/**
 * Retention needs rights that a driver's role had better not have.
 * @param place what people call the database
 * @throws Failure `LedgerUnavailable` naming the role, and what its owner may grant
 */
export async function demandRemoval(tx: Transaction<Tables>, place: string): Promise<void> {
  const { rows } = await sql<{ role: string; remove: boolean; cut: boolean }>`
    select current_user as role,
      has_table_privilege('liftlock.journal', 'delete') as remove,
      has_table_privilege('liftlock.checkpoint', 'insert') as cut`.execute(tx);
  const [found] = rows;
  if (!found || (found.remove && found.cut)) return;
  const role = /^[a-z_][a-z0-9_]*$/.test(found.role) ? found.role : `"${found.role.replaceAll('"', '""')}"`;
  const grants = [
    ...(found.remove ? [] : [`grant delete on liftlock.journal to ${role};`]),
    ...(found.cut ? [] : [`grant insert on liftlock.checkpoint to ${role};`]),
  ];
  throw new Failure({
    code: "LedgerUnavailable",
    message: `the role ${role} may not remove entries that are too old from the ledger at ${place}`,
    hint: `Nothing is lost by keeping them. To let it, as the owner of the tables: ${grants.join(" ")}`,
  });
}
