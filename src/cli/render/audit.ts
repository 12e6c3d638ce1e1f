import type { AuditReport } from "../../automation/audit.ts";
import { counted } from "../../plan/gates/words.ts";

/** True when a journal is proven, and its witnesses say the same. A host that could not be asked is no witness. */
export const isSound = ({ chain, comparison, unread }: AuditReport): boolean =>
  chain.intact && comparison?.discrepancies.length === 0 && unread.length === 0;

/** What was proven of one environment's journal, what is wrong with it, and the hash to keep. */
export function auditText(report: AuditReport): string {
  const { chain, comparison, environment, ledger, unread } = report;
  const { entries, head, problems, intact } = chain;
  const wrong = [
    ...problems.map(
      ({ kind, line, message }) => `${line === undefined ? "" : `line ${line}: `}${kind}: ${message}`,
    ),
    ...(comparison?.discrepancies ?? []).map(({ kind, message }) => `${kind}: ${message}`),
    ...unread.map((host) => `${host} could not be asked`),
  ];
  const held = comparison
    ? `    compared with stack history (${counted(comparison.promotions, "promotion")}${comparison.beyondHistory > 0 ? `, ${comparison.beyondHistory} older than it` : ""}) and ${counted(comparison.hosts, "host")}`
    : "    not compared with stack history and hosts: it proves nothing as it is";
  const cut = chain.checkpoint
    ? [`    entries up to ${chain.checkpoint.seq} were removed by retention at ${chain.checkpoint.prunedAt}`]
    : [];
  return [
    `${environment.padEnd(12)} ${intact ? `${entries} entries proven` : "BROKEN"}: ${ledger}`,
    `    head ${head.seq} ${head.hash}`,
    ...cut,
    held,
    ...wrong.map((line) => `    ✗ ${line}`),
    ...(intact
      ? ["    Keep the head's hash elsewhere: it proves later that nothing before it was changed."]
      : []),
  ].join("\n");
}
