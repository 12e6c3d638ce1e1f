import { z } from "zod";
import type { Unusable } from "../json.ts";
import { trustLimits } from "../limits.ts";
import { severityOfName, severityOfScore, worstOf } from "../severity.ts";
import type { Statement } from "../statement.ts";
import { readCycloneDx } from "./cycloneDx.ts";
import { latest, type Reading, type Report, timeOf } from "./report.ts";
import { readSarif } from "./sarif.ts";
import { readGrype, readTrivy } from "./scanners.ts";
import { readSpdx } from "./spdx.ts";

const readers = [readSarif, readCycloneDx, readSpdx, readTrivy, readGrype];

/** Reads a document in whichever format it is. */
export function readReport(value: unknown): Report | Unusable {
  if (typeof value !== "object" || value === null) return { problem: "is no report" };
  for (const reader of readers) {
    const reading = reader(value);
    if (!reading) continue;
    if ("findings" in reading && reading.findings.length > trustLimits.findings)
      return { problem: `expected at most ${trustLimits.findings} findings, got ${reading.findings.length}` };
    return reading;
  }
  return { problem: "is in a format that is not known (SARIF, CycloneDX, SPDX, Trivy and Grype are)" };
}

const metadata = z.object({ scanFinishedOn: z.string().optional() }).optional();
const cosignScan = z.object({ scanner: z.object({ result: z.unknown() }), metadata });
const inTotoScan = z.object({
  scanner: z.object({
    result: z.array(
      z.object({
        id: z.string(),
        severity: z
          .array(z.object({ method: z.string().optional(), score: z.union([z.string(), z.number()]) }))
          .default([]),
      }),
    ),
  }),
  metadata,
});

const malformed = { problem: "is a malformed vulnerability attestation" };

/** cosign's predicate: a scanner's own output, with the time of the scan (COSIGN_VULN_ATTESTATION_SPEC). */
function readCosignScan(predicate: unknown): Reading {
  const parsed = cosignScan.safeParse(predicate);
  if (!parsed.success) return malformed;
  const report = readReport(parsed.data.scanner.result);
  if ("problem" in report) return report;
  return { ...report, time: latest([timeOf(parsed.data.metadata?.scanFinishedOn), report.time]) };
}

/** in-toto's predicate `vulns`, v0.1 and v0.2. */
function readInTotoScan(predicate: unknown): Reading {
  const parsed = inTotoScan.safeParse(predicate);
  if (!parsed.success) return malformed;
  return {
    time: timeOf(parsed.data.metadata?.scanFinishedOn),
    findings: parsed.data.scanner.result.map(({ id, severity }) => ({
      id,
      severity: worstOf(severity.flatMap((s) => [severityOfName(s.score), severityOfScore(s.score)])),
    })),
  };
}

/** The report in a statement; `undefined` when its predicate is of another kind. */
export function reportIn({ predicateType, predicate }: Statement): Reading {
  if (predicateType === "https://cosign.sigstore.dev/attestation/vuln/v1") return readCosignScan(predicate);
  if (/^https:\/\/in-toto\.io\/attestation\/vulns?\/v0\.[12]$/.test(predicateType))
    return readInTotoScan(predicate);
  if (/cyclonedx|spdx|sarif/i.test(predicateType)) return readReport(predicate);
  return undefined;
}
