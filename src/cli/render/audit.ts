import type { AuditReport, RepairReport } from "../../automation/audit.ts";
import type { Damage, EntryOf } from "../../ledger/entry.ts";
import { counted } from "../../plan/gates/words.ts";

/** True when a journal is proven, and its witnesses say the same. A host that could not be asked is no witness. */
export const isSound = ({ chain, comparison, alone, unread }: AuditReport): boolean =>
  chain.intact && (alone ?? comparison?.discrepancies.length === 0) && unread.length === 0;

/** Where a journal is broken, and by which hashes that is known. */
function damageText({ kind, seq, line, message, expected, found }: Damage): string {
  const place = [
    ...(line === undefined ? [] : [`line ${line}`]),
    ...(seq === undefined ? [] : [`entry ${seq}`]),
  ].join(", ");
  const hashes = expected && found ? ` (hash expected ${expected}, found ${found})` : "";
  return `${place === "" ? "" : `${place}: `}${kind}: ${message}${hashes}`;
}

/** What was broken, and who went on behind it and why. */
function repairLines({ seq, time, actor, why, problems, more }: EntryOf<"repaired">): string[] {
  return [
    `    broken, and sealed by entry ${seq}: ${actor} at ${time}, because: ${why}`,
    ...problems.map((problem) => `      · ${damageText(problem)}`),
    ...(more === undefined ? [] : [`      · and ${more} more`]),
  ];
}

/** What going on behind a broken journal came to. */
export function repairText({ environment, ledger, repaired }: RepairReport): string {
  if (!repaired) return `${environment.padEnd(12)} is not broken; nothing was written: ${ledger}`;
  return [
    `${environment.padEnd(12)} goes on with entry ${repaired.seq}: ${ledger}`,
    ...repairLines(repaired),
    `    Nothing was changed of the ${counted(repaired.lines, "line")} before it. Stops, vetoes and promotions that cannot be read any more are forgotten: look.`,
    `    liftlock audit verify ${environment}, liftlock status ${environment}`,
  ].join("\n");
}

/** What was proven of one environment's journal, what is wrong with it, and the hash to keep. */
export function auditText(report: AuditReport): string {
  const { chain, comparison, environment, ledger, unread } = report;
  const { entries, head, problems, intact } = chain;
  const wrong = [
    ...problems.map(damageText),
    ...(comparison?.discrepancies ?? []).map(({ kind, message }) => `${kind}: ${message}`),
    ...unread.map((host) => `${host} could not be asked`),
  ];
  const held = report.alone
    ? "    of clean-ups: neither stack history nor hosts tell of it"
    : comparison
      ? `    compared with stack history (${counted(comparison.promotions, "promotion")}${comparison.beyondHistory > 0 ? `, ${comparison.beyondHistory} older than it` : ""}) and ${counted(comparison.hosts, "host")}`
      : "    not compared with stack history and hosts: it proves nothing as it is";
  const cut = chain.checkpoint
    ? [`    entries up to ${chain.checkpoint.seq} were removed by retention at ${chain.checkpoint.prunedAt}`]
    : [];
  return [
    `${environment.padEnd(12)} ${intact ? `${entries} entries proven` : "BROKEN"}: ${ledger}`,
    `    head ${head.seq} ${head.hash}`,
    ...cut,
    ...(chain.repairs ?? []).flatMap(repairLines),
    held,
    ...wrong.map((line) => `    ✗ ${line}`),
    ...(intact
      ? ["    Keep the head's hash elsewhere: it proves later that nothing before it was changed."]
      : [
          `    Once it is understood, to go on in spite of it: liftlock audit repair ${environment} --reason "…" --confirm ${environment}`,
        ]),
  ].join("\n");
}
