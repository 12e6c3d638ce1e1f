import type { Effort } from "../notify/notifier.ts";
import { percentOf } from "../plan/retention/cleanup.ts";
import type { DriverContext } from "./context.ts";
import { nameOf } from "./run.ts";
import { tellingOf } from "./telling.ts";

/** Milliseconds that a clean-up waits for people to be told. */
const patience = 10_000;

/**
 * Tells the people of the last environment, once a day, that storage is used beyond the critical threshold. Waits 10 s at most, and never
 * throws.
 */
export async function announceStorage(
  context: DriverContext,
  use: { bytes: number; limit: number },
  effort: Partial<Effort> = {},
): Promise<void> {
  const last = context.workspace.environments().at(-1);
  if (last === undefined) return;
  using target = await context.workspace.open(last);
  const { release } = target.file.pin();
  if (!release) return;
  const telling = tellingOf(context, target, effort);
  const message = `${percentOf(use.bytes, use.limit)} % of ${use.limit} bytes are used by images`;
  telling.send(async () => ({
    promotion: `storage-${context.now().toISOString().slice(0, 10)}`,
    transition: "storage",
    release: nameOf(release),
    why: { code: "StorageCritical", message },
    next: "liftlock cleanup",
  }));
  await telling.finish(patience);
}
