import { z } from "zod";
import { severityOfName } from "../severity.ts";
import { type Finding, type Reading, timeOf } from "./report.ts";

const trivyResult = z.object({
  Vulnerabilities: z
    .array(z.object({ VulnerabilityID: z.string(), Severity: z.string().optional() }))
    .nullish(),
  Secrets: z.array(z.object({ RuleID: z.string(), Severity: z.string().optional() })).nullish(),
  Misconfigurations: z
    .array(z.object({ ID: z.string(), Severity: z.string().optional(), Status: z.string().optional() }))
    .nullish(),
});
const trivy = z.object({ CreatedAt: z.string().optional(), Results: z.array(trivyResult).nullish() });

/** Trivy's own JSON, schema version 2. */
export function readTrivy(value: object): Reading {
  if (!("SchemaVersion" in value) || !("ArtifactName" in value)) return undefined;
  const parsed = trivy.safeParse(value);
  if (!parsed.success || value.SchemaVersion !== 2) return { problem: "is a malformed Trivy report" };
  const { Results: results, CreatedAt } = parsed.data;
  if (!results || results.length === 0) return { problem: "is a Trivy report that scanned nothing" };
  const findings = results.flatMap((r): Finding[] => [
    ...(r.Vulnerabilities ?? []).map((v) => ({
      id: v.VulnerabilityID,
      severity: severityOfName(v.Severity),
    })),
    ...(r.Secrets ?? []).map((s) => ({ id: s.RuleID, severity: severityOfName(s.Severity) })),
    ...(r.Misconfigurations ?? [])
      .filter((m) => m.Status !== "PASS")
      .map((m) => ({ id: m.ID, severity: severityOfName(m.Severity) })),
  ]);
  return { time: timeOf(CreatedAt), findings };
}

const grype = z.object({
  matches: z.array(
    z.object({ vulnerability: z.object({ id: z.string(), severity: z.string().optional() }) }),
  ),
  descriptor: z.object({ timestamp: z.string().optional() }).optional(),
});

/** Grype's own JSON. */
export function readGrype(value: object): Reading {
  if (!("matches" in value) || !("descriptor" in value)) return undefined;
  const parsed = grype.safeParse(value);
  if (!parsed.success) return { problem: "is a malformed Grype report" };
  return {
    time: timeOf(parsed.data.descriptor?.timestamp),
    findings: parsed.data.matches.map(({ vulnerability: { id, severity } }) => ({
      id,
      severity: severityOfName(severity),
    })),
  };
}
