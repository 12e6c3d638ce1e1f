import type { DrillProof, StoredBackup } from "../hosts/backupFacts.ts";
import type { Entry } from "../ledger/entry.ts";
import type { BackupFigure } from "../plan/metrics/prometheus.ts";
import type { Failure } from "../release/failure.ts";

/** How the journal writes of backups and drills, and how it is read again for the metrics. */

export const backupNote = ({ snapshot, bytes, seconds }: StoredBackup): string =>
  `backup taken: snapshot ${snapshot}, ${bytes} bytes, ${seconds} s`;

export const drillNote = ({ snapshot, files, databases, volumes, seconds }: DrillProof): string =>
  `drill passed: snapshot ${snapshot}, ${files} files, ${databases.length} databases, ${volumes.length} volumes, ${seconds} s`;

export const failureNote = (
  what: "backup" | "drill" | "restore",
  { code, message }: Pick<Failure, "code" | "message">,
): string => `${what} failed: ${code}: ${message}`;

/** What an environment's journal says of its backups; nothing where it says nothing. */
export function backupFigure(environment: string, entries: readonly Entry[]): BackupFigure | undefined {
  const notes = entries.flatMap((entry) => (entry.entry === "note" ? [entry] : []));
  const last = (pattern: RegExp) => notes.findLast(({ text }) => pattern.test(text));
  const taken = last(/^backup taken: /);
  const drilled = last(/^drill (?:passed|failed): /);
  if (!taken && !drilled) return undefined;
  return {
    environment,
    ...(taken && { taken: new Date(taken.time) }),
    ...(drilled && {
      drilled: { at: new Date(drilled.time), passed: drilled.text.startsWith("drill passed") },
    }),
  };
}
