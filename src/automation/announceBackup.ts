import type { Effort } from "../notify/notifier.ts";
import type { Failure } from "../release/failure.ts";
import type { DriverContext } from "./context.ts";
import type { Target } from "./ports.ts";
import { nameOf } from "./run.ts";
import { tellingOf } from "./telling.ts";

/** Milliseconds for which people are waited for to be told. */
const patience = 10_000;

/** Tells an environment's people that a backup, a drill or a restore failed, once an hour. Waits 10 s at most, and never throws. */
export async function announceBackup(
  context: DriverContext,
  target: Target,
  what: "backup" | "drill" | "restore",
  { code, message }: Failure,
  effort: Partial<Effort> = {},
): Promise<void> {
  const { release } = target.file.pin();
  if (!release) return;
  const telling = tellingOf(context, target, effort);
  telling.send(async () => ({
    promotion: `${what}-${context.now().toISOString().slice(0, 13)}`,
    transition: "backup",
    release: nameOf(release),
    why: { code, message: context.secrets.mask(message) },
    next: `liftlock backups ${target.name}`,
  }));
  await telling.finish(patience);
}
