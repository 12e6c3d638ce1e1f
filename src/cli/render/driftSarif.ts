import { createHash } from "node:crypto";
import type { Difference, DriftReport } from "../../automation/messages.ts";

const rules: Readonly<Record<Difference["where"], { name: string; text: string }>> = {
  state: { name: "StateDrift", text: "The stack's state and the pin do not agree." },
  cloud: { name: "CloudDrift", text: "A resource at DigitalOcean is not as the stack says." },
  github: { name: "GitHubDrift", text: "The repository's settings or secrets are not as the stack says." },
  host: { name: "HostDrift", text: "A host does not run what was deployed." },
  registry: { name: "TrustDrift", text: "An image that runs is no longer trusted." },
};

const ruleId = (where: Difference["where"]): string => `drift/${where}`;

/** The same difference has the same fingerprint in every report, so that code scanning tells of it once. */
const fingerprint = (environment: string, { where, resource, what }: Difference): string =>
  createHash("sha256").update([environment, where, resource, what].join("\n")).digest("hex").slice(0, 32);

/**
 * A drift report for GitHub's code scanning: SARIF 2.1.0 (docs.oasis-open.org/sarif/sarif/v2.1.0). Every result is at the environment's
 * configuration file, which is what the world differs from; code scanning needs a place in the repository.
 */
export function driftSarif({ environment, differences }: DriftReport): object {
  const places = Object.keys(rules) as Difference["where"][];
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "liftlock",
            rules: places.map((where) => ({
              id: ruleId(where),
              name: rules[where].name,
              shortDescription: { text: rules[where].text },
              help: { text: `liftlock drift ${environment} --correct` },
              defaultConfiguration: { level: "warning" },
            })),
          },
        },
        automationDetails: { id: `liftlock-drift/${environment}/` },
        results: differences.map((difference) => ({
          ruleId: ruleId(difference.where),
          ruleIndex: places.indexOf(difference.where),
          level: "warning",
          message: { text: `${environment}: ${difference.resource} ${difference.what}` },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: `Pulumi.${environment}.yaml` },
                region: { startLine: 1 },
              },
            },
          ],
          partialFingerprints: { "liftlockDrift/v1": fingerprint(environment, difference) },
        })),
      },
    ],
  };
}
