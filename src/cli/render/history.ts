import type { HistoryLine } from "../../automation/history.ts";
import type { DriftReport } from "../../automation/messages.ts";

/** A line an update, newest first. */
export function historyText(lines: readonly HistoryLine[]): string {
  if (lines.length === 0) return "No update yet.";
  const heading = "time (UTC)           attempt  kind      update      promotion   release";
  const rows = lines.map((line) => {
    const release = line.candidate
      ? `${line.release?.version ?? "nothing"} → ${line.candidate.version}`
      : (line.release?.version ?? "-");
    return [
      line.time.slice(0, 19).replace("T", " "),
      String(line.attempt).padStart(7),
      line.kind.padEnd(8),
      line.result.padEnd(10),
      (line.outcome ?? "").padEnd(10),
      release.padEnd(20),
      line.actor ?? "",
    ].join("  ");
  });
  return [heading, ...rows].join("\n");
}

/** What differs, one a line. */
export function driftText(report: DriftReport): string {
  const looked = `${report.looked.resources} resources and ${report.looked.hosts} hosts looked at`;
  if (report.differences.length === 0) return `${report.environment}: no drift; ${looked}.`;
  return [
    `${report.environment}: ${report.differences.length} differ; ${looked}.`,
    ...report.differences.map((d) => `  ${d.where.padEnd(6)} ${d.resource.padEnd(40)} ${d.what}`),
    `Put back:  pulumi up -s ${report.environment} --refresh`,
  ].join("\n");
}
