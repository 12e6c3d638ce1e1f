import { expect, test } from "vitest";
import type { Difference, DriftReport } from "../../src/automation/messages.ts";
import { driftSarif } from "../../src/cli/render/driftSarif.ts";
import { driftMarkdown } from "../../src/cli/render/driftTable.ts";

const places: Difference["where"][] = ["state", "cloud", "github", "host", "registry"];
const differences = places.map(
  (where): Difference => ({ where, resource: `a|${where}`, what: "differs: <b>" }),
);
const report: DriftReport = {
  environment: "production",
  differences,
  looked: { resources: 30, hosts: 2, images: 5 },
};

interface Sarif {
  runs: {
    tool: { driver: { rules: { id: string }[] } };
    results: {
      ruleId: string;
      ruleIndex: number;
      locations: { physicalLocation: { artifactLocation: { uri: string } } }[];
      partialFingerprints: Record<string, string>;
    }[];
  }[];
}

const run = (of: DriftReport) => (driftSarif(of) as Sarif).runs[0] ?? expect.unreachable("no run");

test("every difference is a result of a rule that the report has, at the environment's file", () => {
  const { tool, results } = run(report);
  expect(results).toHaveLength(places.length);
  for (const result of results) {
    expect(tool.driver.rules[result.ruleIndex]?.id).toBe(result.ruleId);
    expect(result.locations[0]?.physicalLocation.artifactLocation.uri).toBe("Pulumi.production.yaml");
  }
});

test("the same difference has the same fingerprint, another another", () => {
  const prints = (of: DriftReport) => run(of).results.map((r) => r.partialFingerprints["liftlockDrift/v1"]);
  expect(prints(report)).toEqual(prints(structuredClone(report)));
  expect(new Set([...prints(report), ...prints({ ...report, environment: "staging" })]).size).toBe(10);
});

test("no drift is a run without results: code scanning closes what it had", () => {
  expect(run({ ...report, differences: [] }).results).toEqual([]);
});

test("as Markdown it is a table in which nothing of others has an effect", () => {
  const text = driftMarkdown(report);
  expect(text.split("\n").filter((line) => line.startsWith("| "))).toHaveLength(2 + places.length);
  expect(text).toContain("| github | `a\\|github` | differs: &lt;b&gt; |");
  expect(driftMarkdown({ ...report, differences: [] })).toBe("");
});

test("a long one says how much is left out", () => {
  const many = Array.from(
    { length: 1000 },
    (_, i): Difference => ({ where: "host", resource: `h${i}`, what: "x" }),
  );
  const text = driftMarkdown({ ...report, differences: many });
  expect(text).toContain("800 more");
  expect(text.length).toBeLessThan(65_536);
});
