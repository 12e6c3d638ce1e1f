import { z } from "zod";
import { severityOfName, severityOfScore, worstOf } from "../severity.ts";
import { type Reading, timeOf } from "./report.ts";

const vulnerability = z.object({
  id: z.string(),
  ratings: z
    .array(
      z.object({
        severity: z.string().optional(),
        score: z.number().optional(),
        method: z.string().optional(),
      }),
    )
    .default([]),
  analysis: z.object({ state: z.string().optional() }).optional(),
});
const bom = z.object({
  metadata: z.object({ timestamp: z.string().optional() }).optional(),
  vulnerabilities: z.array(vulnerability).optional(),
});

/** Impact analysis states (CycloneDX 1.5) after which nothing is open. */
const closed = ["resolved", "resolved_with_pedigree", "false_positive", "not_affected"];

type Rating = z.output<typeof vulnerability>["ratings"][number];

/** A rating's word for it; its score only where that is CVSS (other methods have other scales). */
const severityOf = ({ severity, score, method }: Rating) =>
  worstOf([
    severityOfName(severity),
    method === undefined || method.startsWith("CVSS") ? severityOfScore(score) : "unknown",
  ]);

/** CycloneDX from 1.4 on, JSON. */
export function readCycloneDx(value: object): Reading {
  if (!("bomFormat" in value) || value.bomFormat !== "CycloneDX") return undefined;
  const parsed = bom.safeParse(value);
  if (!parsed.success) return { problem: "is a malformed CycloneDX document" };
  const { vulnerabilities = [], metadata } = parsed.data;
  // Scanners write an empty list into inventories for which nobody looked for vulnerabilities (Trivy does by default):
  // it says nothing. The other formats say that a scan took place.
  if (vulnerabilities.length === 0)
    return {
      problem: "is an inventory: an empty list of vulnerabilities does not say that anybody looked for them",
    };
  return {
    time: timeOf(metadata?.timestamp),
    findings: vulnerabilities
      .filter((v) => !closed.includes(v.analysis?.state ?? ""))
      .map((v) => ({ id: v.id, severity: worstOf(v.ratings.map(severityOf)) })),
  };
}
