import type { Entry } from "../ledger/entry.ts";
import { releaseId } from "../release/release.ts";

/**
 * Ids of releases that a person's way back has left, and that have not come again since: whoever goes back once more means to go further
 * back, not to what was left a moment ago. By name they can still be asked for.
 */
export function leftBehind(entries: readonly Entry[]): Set<string> {
  const left = new Set<string>();
  for (const entry of entries) {
    if (entry.entry !== "ended") continue;
    if (entry.kind === "rollback" && entry.status === "RolledBack" && entry.previous)
      left.add(releaseId(entry.previous));
    if (entry.runs) left.delete(releaseId(entry.runs));
  }
  return left;
}
