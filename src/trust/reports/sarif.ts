import { z } from "zod";
import { type Severity, severityOfLevel, severityOfScore } from "../severity.ts";
import { type Finding, latest, type Reading, timeOf } from "./report.ts";

const properties = z.object({ "security-severity": z.union([z.string(), z.number()]).optional() }).optional();
const rule = z.object({
  id: z.string(),
  properties,
  defaultConfiguration: z.object({ level: z.string().optional() }).optional(),
});
const component = z.object({ rules: z.array(rule).default([]) });
const result = z.object({
  ruleId: z.string().optional(),
  ruleIndex: z.int().optional(),
  rule: z.object({ id: z.string().optional(), index: z.int().optional() }).optional(),
  level: z.string().optional(),
  kind: z.string().optional(),
  baselineState: z.string().optional(),
  properties,
});
const run = z.object({
  tool: z.object({ driver: component, extensions: z.array(component).default([]) }),
  // Absent or null: the scanner could not look (SARIF 2.1.0, 3.14.23). That is not the same as to find nothing.
  results: z.array(result).nullish(),
  invocations: z
    .array(z.object({ executionSuccessful: z.boolean().optional(), endTimeUtc: z.string().optional() }))
    .default([]),
});
const log = z.object({ runs: z.array(run).max(100) });

type Run = z.output<typeof run>;
type Result = z.output<typeof result>;

function findingOf(
  found: Result,
  rules: ReadonlyMap<string, z.output<typeof rule>>,
  driver: Run["tool"]["driver"],
): Finding {
  const index = found.ruleIndex ?? found.rule?.index ?? -1;
  const id = found.ruleId ?? found.rule?.id ?? driver.rules[index]?.id;
  const about = id === undefined ? undefined : (rules.get(id) ?? driver.rules[index]);
  const score = found.properties?.["security-severity"] ?? about?.properties?.["security-severity"];
  // "warning" is the format's own default (3.27.10).
  const level = found.level ?? about?.defaultConfiguration?.level ?? "warning";
  const severity: Severity = score === undefined ? severityOfLevel(level) : severityOfScore(score);
  return { id: id ?? "unnamed", severity };
}

const isOpen = ({ kind = "fail", baselineState }: Result) =>
  !["pass", "notApplicable", "informational"].includes(kind) && baselineState !== "absent";

/** SARIF 2.1.0. Suppressions in the report do not count: what is waived is written in the policy, with an expiry. */
export function readSarif(value: object): Reading {
  if (!("runs" in value) || !("version" in value) || value.version !== "2.1.0") return undefined;
  const parsed = log.safeParse(value);
  if (!parsed.success) return { problem: "is a malformed SARIF log" };
  const { runs } = parsed.data;
  if (runs.length === 0) return { problem: "is a SARIF log without a run" };
  const findings: Finding[] = [];
  for (const { tool, results, invocations } of runs) {
    if (!results || invocations.some((i) => i.executionSuccessful === false))
      return { problem: "is a SARIF log of a scan that failed" };
    const rules = new Map(
      [tool.driver, ...tool.extensions].flatMap((c) => c.rules.map((r) => [r.id, r] as const)),
    );
    for (const found of results) if (isOpen(found)) findings.push(findingOf(found, rules, tool.driver));
  }
  const time = latest(runs.flatMap((r) => r.invocations.map((i) => timeOf(i.endTimeUtc))));
  return { time, findings };
}
