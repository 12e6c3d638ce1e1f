import { z } from "zod";
import { type Severity, severityOfName, severityOfScore, worstOf } from "../severity.ts";
import { latest, type Reading, timeOf } from "./report.ts";

const externalReference = z.object({
  referenceCategory: z.string().optional(),
  referenceType: z.string().optional(),
  referenceLocator: z.string().optional(),
});
const document2 = z.object({
  creationInfo: z.object({ created: z.string().optional() }).optional(),
  packages: z.array(z.object({ externalRefs: z.array(externalReference).default([]) })).default([]),
});

const element3 = z.object({
  type: z.string().default(""),
  spdxId: z.string().optional(),
  name: z.string().optional(),
  from: z.string().optional(),
  created: z.string().optional(),
  security_severity: z.string().optional(),
  security_score: z.union([z.string(), z.number()]).optional(),
  externalIdentifier: z
    .array(z.object({ externalIdentifierType: z.string(), identifier: z.string() }))
    .default([]),
});
const document3 = z.object({ "@graph": z.array(element3) });

const inventory = {
  problem: "is an inventory without vulnerabilities: it does not say that anybody looked for them",
};

/** SPDX 2.3 can only point to advisories: their severity is unknown. */
function readVersion2(value: object): Reading {
  const parsed = document2.safeParse(value);
  if (!parsed.success) return { problem: "is a malformed SPDX document" };
  const advisories = parsed.data.packages
    .flatMap((p) => p.externalRefs)
    .filter((r) => r.referenceCategory === "SECURITY" && r.referenceType === "advisory");
  if (advisories.length === 0) return inventory;
  return {
    time: timeOf(parsed.data.creationInfo?.created),
    findings: advisories.map((r) => ({
      id: r.referenceLocator?.split("/").at(-1) || "unnamed",
      severity: "unknown",
    })),
  };
}

const settled = [
  "security_VexNotAffectedVulnAssessmentRelationship",
  "security_VexFixedVulnAssessmentRelationship",
];

/** SPDX 3 with the security profile: vulnerabilities, and assessments that point from them to what is assessed. */
function readVersion3(value: object): Reading {
  const parsed = document3.safeParse(value);
  if (!parsed.success) return { problem: "is a malformed SPDX document" };
  const elements = parsed.data["@graph"];
  const vulnerabilities = elements.filter((e) => e.type === "security_Vulnerability");
  if (vulnerabilities.length === 0) return inventory;
  const ratings = new Map<string, Severity[]>();
  const closed = new Set<string>();
  for (const { type, from, security_severity, security_score } of elements) {
    if (from === undefined) continue;
    if (settled.includes(type)) closed.add(from);
    if (/^security_Cvss.*VulnAssessmentRelationship$/.test(type)) {
      const rating = worstOf([severityOfName(security_severity), severityOfScore(security_score)]);
      ratings.set(from, [...(ratings.get(from) ?? []), rating]);
    }
  }
  const open = vulnerabilities.filter((v) => v.spdxId === undefined || !closed.has(v.spdxId));
  return {
    time: latest(elements.map((e) => timeOf(e.created))),
    findings: open.map((v) => ({
      id:
        v.externalIdentifier.find((i) => i.externalIdentifierType === "cve")?.identifier ??
        v.name ??
        v.spdxId ??
        "unnamed",
      severity: worstOf(ratings.get(v.spdxId ?? "") ?? []),
    })),
  };
}

/** SPDX 2.x and 3.x, JSON. */
export function readSpdx(value: object): Reading {
  if ("spdxVersion" in value) return readVersion2(value);
  const context = "@context" in value ? JSON.stringify(value["@context"]) : "";
  return "@graph" in value && context.includes("spdx.org") ? readVersion3(value) : undefined;
}
