/** What a build in CI says of its images: how they were built, and what a scan found. */
import type { Predicate } from "./attestation.ts";

/** From what an image was built, and by what. */
export interface Build {
  /** `https://github.com/example/shop` */
  repository: string;
  /** Path of the workflow's file in it. */
  workflow: string;
  commit: string;
}

/** SLSA provenance v1 with GitHub's build type, as actions/attest-build-provenance fills it. */
export const provenance = ({ repository, workflow, commit }: Build): Predicate => ({
  type: "https://slsa.dev/provenance/v1",
  content: {
    buildDefinition: {
      buildType: "https://actions.github.io/buildtypes/workflow/v1",
      externalParameters: { workflow: { ref: "refs/heads/main", repository, path: workflow } },
      internalParameters: { github: { event_name: "push", runner_environment: "github-hosted" } },
      resolvedDependencies: [{ uri: `git+${repository}@refs/heads/main`, digest: { gitCommit: commit } }],
    },
    runDetails: {
      builder: { id: "https://github.com/actions/runner/github-hosted" },
      metadata: { invocationId: `${repository}/actions/runs/1/attempts/1` },
    },
  },
});

/** Something that a scan found. */
export interface Finding {
  /** `CVE-2026-1234` */
  id: string;
  /** CVSS base score, 0 to 10. */
  score: number;
}

/** A scanner's report as SARIF 2.1.0. */
const sarif = (findings: readonly Finding[]) => ({
  version: "2.1.0",
  $schema: "https://json.schemastore.org/sarif-2.1.0.json",
  runs: [
    {
      tool: {
        driver: {
          name: "rehearsal scanner",
          version: "1.0.0",
          rules: findings.map(({ id, score }) => ({
            id,
            properties: { "security-severity": score.toFixed(1) },
          })),
        },
      },
      results: findings.map(({ id }, ruleIndex) => ({
        ruleId: id,
        ruleIndex,
        message: { text: `${id} in /app/serve` },
        locations: [{ physicalLocation: { artifactLocation: { uri: "app/serve" } } }],
      })),
    },
  ],
});

/**
 * cosign's predicate for a scan (its COSIGN_VULN_ATTESTATION_SPEC).
 * @param at when the scan ended, ISO 8601
 */
export const vulnerabilities = (findings: readonly Finding[], at: string): Predicate => ({
  type: "https://cosign.sigstore.dev/attestation/vuln/v1",
  content: {
    invocation: { parameters: [], uri: "", event_id: "", "builder.id": "" },
    scanner: {
      uri: "pkg:github/example/scanner",
      version: "1.0.0",
      db: { uri: "", version: "" },
      result: sarif(findings),
    },
    metadata: { scanStartedOn: at, scanFinishedOn: at },
  },
});
