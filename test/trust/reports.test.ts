import { describe, expect, test } from "vitest";
import { readReport, reportIn } from "../../src/trust/reports/read.ts";
import { severityOfLevel, severityOfName, severityOfScore, worstOf } from "../../src/trust/severity.ts";

const run = (results: unknown, rules: object[] = [], more: object = {}) => ({
  version: "2.1.0",
  runs: [{ tool: { driver: { name: "scanner", rules } }, results, ...more }],
});
const rated = (score: string) => ({ id: "CVE-1", properties: { "security-severity": score } });
const bom = (...vulnerabilities: object[]) => ({
  bomFormat: "CycloneDX",
  specVersion: "1.5",
  vulnerabilities,
});
const trivy = (...Results: object[]) => ({ SchemaVersion: 2, ArtifactName: "api", Results });
const grype = (...matches: object[]) => ({ matches, descriptor: { timestamp: "2026-03-01T00:00:00Z" } });
const spdx3 = (...graph: object[]) => ({
  "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld",
  "@graph": [{ type: "security_Vulnerability", spdxId: "urn:v", name: "CVE-1" }, ...graph],
});

describe("what reports say", () => {
  test.each<[string, object, (readonly [string, string])[]]>([
    [
      "SARIF, a rule's score",
      run([{ ruleId: "CVE-1", level: "note" }], [rated("9.8")]),
      [["CVE-1", "critical"]],
    ],
    ["SARIF, rule by index", run([{ ruleIndex: 0 }], [rated("4.0")]), [["CVE-1", "medium"]]],
    ["SARIF, a malformed score", run([{ ruleId: "CVE-1" }], [rated("")]), [["CVE-1", "unknown"]]],
    ["SARIF, level alone", run([{ ruleId: "R", level: "error" }]), [["R", "high"]]],
    [
      "SARIF, the rule's level",
      run([{ ruleId: "R" }], [{ id: "R", defaultConfiguration: { level: "note" } }]),
      [["R", "low"]],
    ],
    ["SARIF, the format's default level", run([{ ruleId: "R" }]), [["R", "medium"]]],
    [
      "SARIF, passed and absent results",
      run([
        { ruleId: "R", kind: "pass" },
        { ruleId: "S", baselineState: "absent" },
      ]),
      [],
    ],
    [
      "SARIF, a suppression is not a waiver",
      run([{ ruleId: "R", level: "error", suppressions: [{ kind: "inSource" }] }]),
      [["R", "high"]],
    ],
    [
      "CycloneDX, the worst rating",
      bom({ id: "C", ratings: [{ severity: "low" }, { score: 9.1, method: "CVSSv31" }] }),
      [["C", "critical"]],
    ],
    [
      "CycloneDX, a score of another method",
      bom({ id: "C", ratings: [{ score: 1, method: "OWASP" }] }),
      [["C", "unknown"]],
    ],
    ["CycloneDX, no rating", bom({ id: "C" }), [["C", "unknown"]]],
    [
      "CycloneDX, not affected",
      bom({ id: "C", analysis: { state: "not_affected" } }, { id: "D", ratings: [{ severity: "info" }] }),
      [["D", "none"]],
    ],
    [
      "CycloneDX, in triage",
      bom({ id: "C", ratings: [{ severity: "high" }], analysis: { state: "in_triage" } }),
      [["C", "high"]],
    ],
    ["Trivy", trivy({ Vulnerabilities: [{ VulnerabilityID: "C", Severity: "HIGH" }] }), [["C", "high"]]],
    [
      "Trivy, unknown",
      trivy({ Vulnerabilities: [{ VulnerabilityID: "C", Severity: "UNKNOWN" }] }),
      [["C", "unknown"]],
    ],
    ["Trivy, a secret", trivy({ Secrets: [{ RuleID: "key", Severity: "CRITICAL" }] }), [["key", "critical"]]],
    ["Trivy, clean", trivy({ Target: "api" }), []],
    ["Grype", grype({ vulnerability: { id: "C", severity: "Negligible" } }), [["C", "none"]]],
    ["Grype, clean", grype(), []],
    [
      "SPDX 2, an advisory",
      {
        spdxVersion: "SPDX-2.3",
        packages: [
          {
            externalRefs: [
              {
                referenceCategory: "SECURITY",
                referenceType: "advisory",
                referenceLocator: "https://nvd.nist.gov/vuln/detail/CVE-1",
              },
            ],
          },
        ],
      },
      [["CVE-1", "unknown"]],
    ],
    ["SPDX 3, nobody rated it", spdx3(), [["CVE-1", "unknown"]]],
    [
      "SPDX 3, rated",
      spdx3({ type: "security_CvssV3VulnAssessmentRelationship", from: "urn:v", security_score: "6.8" }),
      [["CVE-1", "medium"]],
    ],
    [
      "SPDX 3, not affected",
      spdx3({ type: "security_VexNotAffectedVulnAssessmentRelationship", from: "urn:v" }),
      [],
    ],
  ])("%s", (_, document, expected) => {
    const report = readReport(document);
    expect("findings" in report && report.findings.map((f) => [f.id, f.severity])).toEqual(expected);
  });

  test.each<[string, unknown]>([
    ["nothing", undefined],
    ["a list", []],
    ["SARIF without a run", { version: "2.1.0", runs: [] }],
    ["SARIF whose scan failed", run([], [], { invocations: [{ executionSuccessful: false }] })],
    ["SARIF without results", run(null)],
    ["Trivy that scanned nothing", trivy()],
    ["Trivy of another version", { ...trivy({}), SchemaVersion: 1 }],
    ["an empty CycloneDX list", bom()],
    ["too many findings", run(Array.from({ length: 20_001 }, (_, i) => ({ ruleId: `R${i}` })))],
  ])("no report: %s", (_, document) => {
    expect(readReport(document)).toHaveProperty("problem");
  });

  test("in-toto's vulnerability predicate, also with nothing found", () => {
    const predicateType = "https://in-toto.io/attestation/vulns/v0.1";
    const statement = (result: object[]) => ({
      _type: "https://in-toto.io/Statement/v1" as const,
      subject: [],
      predicateType,
      predicate: { scanner: { result }, metadata: { scanFinishedOn: "2026-03-01T00:00:00Z" } },
    });
    const severity = [
      { method: "nvd", score: "medium" },
      { method: "cvss_score", score: "7.2" },
    ];
    expect(reportIn(statement([{ id: "C", severity }]))).toMatchObject({
      findings: [{ id: "C", severity: "high" }],
    });
    expect(reportIn(statement([]))).toEqual({ time: new Date("2026-03-01T00:00:00Z"), findings: [] });
  });
});

describe("severity", () => {
  test.each([
    ["0", "none"],
    ["0.0", "none"],
    [0.1, "low"],
    ["3.9", "low"],
    [4, "medium"],
    ["6.9", "medium"],
    ["7.0", "high"],
    ["8.99", "high"],
    [9, "critical"],
    ["10.0", "critical"],
    ["10.1", "unknown"],
    [-1, "unknown"],
    ["", "unknown"],
    ["high", "unknown"],
    [Number.NaN, "unknown"],
    [undefined, "unknown"],
  ])("score %s is %s", (score, severity) => expect(severityOfScore(score)).toBe(severity));

  test.each([
    ["CRITICAL", "critical"],
    ["Important", "high"],
    ["moderate", "medium"],
    [" low ", "low"],
    ["negligible", "none"],
    ["unknown", "unknown"],
    ["", "unknown"],
    [7, "unknown"],
  ])("name %s is %s", (name, severity) => expect(severityOfName(name)).toBe(severity));

  test("levels, and the worst of several", () => {
    expect(["error", "warning", "note", "none", "fatal"].map(severityOfLevel)).toEqual([
      "high",
      "medium",
      "low",
      "none",
      "unknown",
    ]);
    expect(worstOf(["low", "unknown", "high"])).toBe("high");
    expect(worstOf(["unknown"])).toBe("unknown");
    expect(worstOf([])).toBe("unknown");
  });
});
