import { Failure } from "../release/failure.ts";
import type { Attested } from "./attested.ts";
import type { Evidence } from "./evidence.ts";
import { parseHostileJson } from "./json.ts";
import { trustLimits } from "./limits.ts";
import type { SecurityPolicy } from "./policy.ts";
import { named } from "./quote.ts";
import { readReport, reportIn } from "./reports/read.ts";
import { type Finding, latest, type Reading, type Report } from "./reports/report.ts";
import { blocks, type Severity, worse } from "./severity.ts";
import { statementAbout } from "./statement.ts";
import { waiverFor } from "./waivers.ts";

/** A finding that would block and does not, because somebody answers for it. */
export interface WaivedFinding extends Finding {
  reason: string;
  by: string;
  expires: string;
}

/** What the reports on one image say. */
export interface SecuritySummary {
  /** Reports that counted. */
  reports: number;
  /** Different findings, of any severity. */
  findings: number;
  waived: readonly WaivedFinding[];
  /** When the newest scan ended, where a report says so. */
  scannedAt: Date | undefined;
}

const blocked = (message: string, hint: string) => new Failure({ code: "SecurityBlocked", message, hint });

const scanHint =
  "Scan the image and attach the report signed: `cosign attest --type vuln --predicate scan.json <image>` (SARIF, Trivy, Grype, CycloneDX and SPDX are read).";

interface Readings {
  reports: Report[];
  /** Why documents that would count cannot be read. */
  unreadable: string[];
}

/** Reports that count: in statements of trusted signers; with `unsigned`, in everything else that is attached too. */
function readReports(
  evidence: Evidence,
  attested: Attested,
  digest: string,
  policy: SecurityPolicy,
): Readings {
  const readings: { place: string; reading: Reading }[] = attested.statements.map(({ statement, place }) => ({
    place,
    reading: reportIn(statement),
  }));
  if (policy.unsigned) {
    const trusted = new Set(attested.statements.map(({ place }) => place));
    for (const { place, bytes } of evidence.reports) {
      const parsed = parseHostileJson(bytes, trustLimits.document);
      readings.push({ place, reading: "problem" in parsed ? parsed : readReport(parsed.value) });
    }
    for (const { place, kind, bytes } of evidence.signed) {
      const statement =
        kind === "statement" && !trusted.has(place) ? statementAbout(bytes, digest) : undefined;
      if (statement) readings.push({ place, reading: reportIn(statement) });
    }
  }
  const reports: Report[] = [];
  const unreadable: string[] = [];
  for (const { place, reading } of readings) {
    if (!reading) continue;
    if ("problem" in reading) unreadable.push(`${place} ${reading.problem}`);
    else reports.push(reading);
  }
  return { reports, unreadable };
}

/** One entry a finding, at its worst: a finding that one scanner rates lower than another is not lower. */
function allFindings(reports: readonly Report[]): Map<string, Severity> {
  const worst = new Map<string, Severity>();
  for (const { findings } of reports)
    for (const { id, severity } of findings) worst.set(id, worse(severity, worst.get(id) ?? "none"));
  return worst;
}

const day = 86_400_000;

/** A time from the future is no time: clocks differ by minutes, not by a day. */
function verifyAge(scannedAt: Date | undefined, policy: SecurityPolicy, now: Date, subject: string): void {
  const { maxAgeDays } = policy;
  if (maxAgeDays === undefined) return;
  const age = scannedAt && now.getTime() - scannedAt.getTime();
  if (age === undefined || age < -day)
    throw blocked(
      `${subject}: expected a report of the last ${maxAgeDays} days, none says when it was made`,
      scanHint,
    );
  if (age > maxAgeDays * day)
    throw blocked(
      `${subject}: expected a report of the last ${maxAgeDays} days, the newest is from ${scannedAt?.toISOString()}`,
      scanHint,
    );
}

/** Splits blocking findings into waived and open ones, the latter worded for a person. */
function judge(findings: ReadonlyMap<string, Severity>, service: string, policy: SecurityPolicy, now: Date) {
  const waived: WaivedFinding[] = [];
  const open: string[] = [];
  for (const [id, severity] of findings) {
    if (!blocks(severity, policy.block)) continue;
    const found = waiverFor(id, service, policy.waivers, now);
    if (found?.holds) {
      const { reason, by, expires } = found.waiver;
      waived.push({ id, severity, reason, by, expires });
    } else open.push(`${named(id)} ${severity}${found ? ` (its waiver ended ${found.waiver.expires})` : ""}`);
  }
  return { waived, open: open.sort() };
}

/**
 * Judges the reports on one image.
 * @param subject how messages name the image
 * @returns what they say; `undefined` when there are none and none is required
 * @throws Failure `SecurityBlocked`: an open finding at or above the blocking severity, or of unknown severity; a report that is missing,
 * unreadable, or too old
 */
export function verifySecurity(
  evidence: Evidence,
  attested: Attested,
  image: { digest: string; service: string; subject: string },
  policy: SecurityPolicy,
  now: Date,
): SecuritySummary | undefined {
  const { digest, service, subject } = image;
  // What was not looked at may be the report with the finding.
  if (evidence.beyond > 0)
    throw blocked(
      `${subject}: expected at most ${trustLimits.artifacts} signatures, attestations and reports, ${evidence.beyond} more are attached`,
      "Remove what is outdated from the image's referrers.",
    );
  const { reports, unreadable } = readReports(evidence, attested, digest, policy);
  const inventory = (text: string) => text.includes(" is an inventory");
  const broken = unreadable.filter((text) => !inventory(text));
  if (broken.length > 0)
    throw blocked(`${subject}: a report cannot be read: ${broken.slice(0, 3).join(" | ")}`, scanHint);
  if (reports.length === 0) {
    if (!policy.required) return undefined;
    const seen = [...unreadable, ...attested.refused].slice(0, 3);
    const who = policy.unsigned ? "a security report" : "a security report by a trusted signer";
    throw blocked(
      `${subject}: expected ${who}, got ${seen.length > 0 ? `none that counts: ${seen.join(" | ")}` : "none"}`,
      scanHint,
    );
  }
  const scannedAt = latest(reports.map((r) => r.time));
  verifyAge(scannedAt, policy, now, subject);
  const findings = allFindings(reports);
  const { waived, open } = judge(findings, service, policy, now);
  if (open.length > 0)
    throw blocked(
      `${subject}: expected no open finding from ${policy.block} on, got ${open.length}: ${open.slice(0, 10).join(", ")}${open.length > 10 ? ", …" : ""}`,
      `Update what is affected and build again; or waive each one in liftlock:trust.security.waivers: { id, reason, by, expires, services: [${service}] }.`,
    );
  return { reports: reports.length, findings: findings.size, waived, scannedAt };
}
