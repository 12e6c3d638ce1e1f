import type { PreviewReport } from "../../automation/preview.ts";
import { describePreview, isUnsafe, resourceName } from "../../plan/preview.ts";
import { migrationLines } from "./migrations.ts";
import { policyLines } from "./policy.ts";

/** A preview for people at a terminal: what would change, line by line, and what speaks against it. */
export function previewText(report: PreviewReport): string {
  const { environment, preview, checks, release, cost } = report;
  const changes = preview?.changes ?? [];
  const closed = report.gates.filter(({ status }) => status === "fail" || status === "waiting");
  const dollars = cost.after.dollars === undefined ? "price unknown" : `$${cost.after.dollars} a month`;
  return [
    `${environment}: ${preview ? describePreview(preview.counts) : "no preview"}`,
    ...changes.map(
      (change) =>
        `  ${change.op.padEnd(8)} ${resourceName(change.urn).padEnd(36)} ${change.keys.join(", ")}${isUnsafe(change) ? "  unsafe" : ""}`,
    ),
    `  release  ${release.before?.version ?? "nothing"} → ${release.after?.version ?? "nothing"}`,
    `  cost     ${dollars}`,
    ...checks.map(({ name, refusal }) =>
      refusal ? `✗ ${name}: ${refusal.code}: ${refusal.message}` : `✓ ${name}`,
    ),
    ...policyLines(report.policy).map((line, i) => (i === 0 ? `  policy   ${line}` : `  ${line}`)),
    ...migrationLines(report.migrations).map((line) => `  ${line}`),
    ...closed.map(({ gate, summary }) => `… the gate ${gate} is closed now: ${summary}`),
  ].join("\n");
}
