import type { LiftPlan } from "../../automation/plan.ts";
import type { GateStatus, GateVerdict } from "../../plan/gates/gate.ts";
import { clock, counted } from "../../plan/gates/words.ts";
import { describePreview, judgePreview, type PlannedChange, resourceName } from "../../plan/preview.ts";
import { titled, wrap } from "./line.ts";
import { policyLines } from "./policy.ts";
import { stepTitle } from "./words.ts";

const marks: Readonly<Record<GateStatus, string>> = {
  pass: "✓",
  fail: "✗",
  waiting: "…",
  overridden: "!",
  skipped: "–",
};

function gateLine({ gate, status, summary, until, override }: GateVerdict, now: Date): string {
  const end = until === undefined ? "" : `until ${clock(until, now, "UTC")}`;
  const when = end === "" || summary.includes(end) ? "" : `, ${end}`;
  const over = override === undefined ? "" : `, overridden by ${override.by}: ${override.reason}`;
  return `${marks[status]} ${gate.padEnd(12)} ${status.padEnd(11)} ${summary}${when}${over}`;
}

/** Changes that destroy what no way back brings again are marked, allowed or not. */
function changeLine(change: PlannedChange): string {
  const lost = judgePreview({ changes: [change], counts: {} }) !== undefined;
  const type = change.type.split(":").at(-1) ?? change.type;
  const keys = change.keys.length > 0 ? `: ${change.keys.join(", ")}` : "";
  return `${lost ? "✗" : " "} ${change.op.padEnd(8)} ${type} ${resourceName(change.urn)}${keys}${lost ? "   stateful: what it holds would be lost" : ""}`;
}

const approvals = (count: number): string =>
  count === 0 ? "not required" : `${counted(count, "approval")} needed before anything is touched`;

function heading(plan: LiftPlan): string {
  const from = plan.source === undefined ? "" : ` from ${plan.source}`;
  const now = plan.previous ? `which runs ${plan.previous.version}` : "which runs nothing yet";
  return `Plan: ${plan.release.version} (${plan.release.id})${from} to ${plan.environment}, ${now}. Nothing is touched.`;
}

function verdict({ refusals }: LiftPlan): string {
  if (refusals.length === 0) return "It would go on.";
  return refusals
    .map(({ code, message, hint }) =>
      [`Refused (${code}): ${message}`, ...(hint === undefined ? [] : [`  ${hint}`])].join("\n"),
    )
    .join("\n");
}

/** What a promotion would do, gate by gate and change by change, and whether it would begin. */
export function planText(plan: LiftPlan, now: Date): string {
  const { preview } = plan;
  return [
    heading(plan),
    "",
    titled(
      "gates",
      plan.gates.map((gate) => gateLine(gate, now)),
    ),
    titled("images", wrap(plan.images ?? "refused, see below", 83)),
    titled("preview", [describePreview(preview.counts), ...preview.changes.map(changeLine)]),
    titled("policy", policyLines(plan.policy)),
    titled("approval", [approvals(plan.approvals)]),
    titled("steps", [plan.steps.map(stepTitle).join(" → ")]),
    "",
    verdict(plan),
  ].join("\n");
}
