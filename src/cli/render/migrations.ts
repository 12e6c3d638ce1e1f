import type { MigrationFinding } from "../../migrations/review.ts";
import { counted } from "../../plan/gates/words.ts";
import { codeMarkdown, folded, plainMarkdown, table } from "./markdown.ts";

const open = ({ allowed }: MigrationFinding): boolean => allowed === undefined;

/** Findings, one a line; those that are allowed after the others. */
export const migrationLines = (findings: readonly MigrationFinding[]): string[] => [
  ...findings
    .filter(open)
    .map(
      ({ file, line, hazard, what, effect, instead }) =>
        `! ${file}:${line} ${hazard}: ${what} ${effect}; ${instead}`,
    ),
  ...findings
    .filter((finding) => !open(finding))
    .map(
      ({ file, line, hazard, what, allowed }) => `– ${file}:${line} ${hazard}: ${what} (allowed: ${allowed})`,
    ),
];

/**
 * The section of a pull request's comment.
 * @param room rows that are shown before the rest is left to the whole report
 */
export function migrationsMarkdown(findings: readonly MigrationFinding[], room: number): string {
  if (findings.length === 0) return "";
  const count = findings.filter(open).length;
  const rows = [...findings.filter(open), ...findings.filter((finding) => !open(finding))]
    .slice(0, room)
    .map((finding) => [
      `${open(finding) ? "⚠️" : "➖"} ${codeMarkdown(`${finding.file}:${finding.line}`)}`,
      `${finding.hazard}: ${codeMarkdown(finding.what)}`,
      plainMarkdown(
        finding.allowed === undefined
          ? `${finding.effect}; ${finding.instead}`
          : `allowed: ${finding.allowed}`,
      ),
    ]);
  const left = findings.length - rows.length;
  const more = left > 0 ? `\n\n… and ${left} more; all of them are in the whole report.` : "";
  const title = count === 0 ? "Migrations: all allowed" : `Migrations: ${counted(count, "warning")}`;
  return folded(title, `${table(["where", "what", "why"], rows)}${more}`);
}
