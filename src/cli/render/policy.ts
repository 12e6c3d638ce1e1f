import { counted } from "../../plan/gates/words.ts";
import type { PolicyFinding, PolicyVerdict } from "../../plan/policy/judge.ts";
import { folded, plainMarkdown, table } from "./markdown.ts";

const of = (verdicts: readonly PolicyVerdict[], status: PolicyVerdict["status"]) =>
  verdicts.filter((verdict) => verdict.status === status);

/** `10 rules kept, 1 advice, 1 excepted, 1 violated` */
export function policySummary(verdicts: readonly PolicyVerdict[]): string {
  const words = (["violated", "advice", "excepted"] as const)
    .map((status) => [of(verdicts, status).length, status] as const)
    .filter(([count]) => count > 0)
    .map(([count, status]) => `${count} ${status}`);
  return [`${counted(of(verdicts, "kept").length, "rule")} kept`, ...words].join(", ");
}

const ending = ({ brought, excepted }: PolicyFinding): string => {
  if (excepted) return ` (excepted until ${excepted.expires} by ${excepted.by}: ${excepted.reason})`;
  return brought ? "" : " (so already)";
};

const marks: Readonly<Record<PolicyVerdict["status"], string>> = {
  kept: "✓",
  advice: "·",
  excepted: "–",
  violated: "✗",
};

/** The rules in a line, and below it what is not as they want it. */
export const policyLines = (verdicts: readonly PolicyVerdict[]): string[] => [
  policySummary(verdicts),
  ...verdicts.flatMap(({ rule, status, findings }) =>
    findings.map(
      (finding) => `${marks[status]} ${rule}: ${finding.subject}: ${finding.message}${ending(finding)}`,
    ),
  ),
];

const emojis: Readonly<Record<PolicyVerdict["status"], string>> = {
  kept: "✅",
  advice: "💡",
  excepted: "➖",
  violated: "❌",
};

/** What is broken first. */
const order = ["violated", "advice", "excepted", "kept"] as const;

/** The section of a pull request's comment: every rule, those first that are not kept. */
export function policyMarkdown(verdicts: readonly PolicyVerdict[]): string {
  if (verdicts.length === 0) return "";
  const rows = order.flatMap((status) =>
    of(verdicts, status).map(({ rule, says, findings }) => [
      `${emojis[status]} ${rule}`,
      plainMarkdown(says),
      findings
        .map((finding) => plainMarkdown(`${finding.subject}: ${finding.message}${ending(finding)}`))
        .join("<br>"),
    ]),
  );
  return folded(`Policy: ${policySummary(verdicts)}`, table(["rule", "says", "found"], rows));
}
