import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { figuresOf } from "../../../src/plan/metrics/figures.ts";
import { prometheusText } from "../../../src/plan/metrics/prometheus.ts";
import { course, now, wayBack } from "./courses.ts";

const rules = join(import.meta.dirname, "..", "..", "..", "docs", "alerts.rules.yaml");
const promtool = spawnSync("promtool", ["--version"]).error === undefined;

const figures = figuresOf(
  "production",
  [course(300, "Completed"), course(200, "RolledBack"), wayBack(100)],
  now,
  7,
);
const storage = { used: 45e9, limit: 50e9, measured: now };
const text = prometheusText(
  [figures],
  [{ environment: "production", version: '1.0.0"\\', id: "0123456789ab" }],
  storage,
  [
    { environment: "production", taken: now, drilled: { at: now, passed: false } },
    { environment: "staging", taken: now },
  ],
);

describe("prometheusText", () => {
  it("is of the text format: help and type before samples, each family once", () => {
    const families = [...text.matchAll(/^# TYPE (\w+) gauge$/gm)].map(([, name]) => name);
    expect(new Set(families).size).toBe(families.length);
    for (const line of text.trimEnd().split("\n"))
      expect(line).toMatch(
        /^(?:# (?:HELP|TYPE) liftlock_\w+ .+|liftlock_\w+(?:\{(?:\w+="(?:[^"\\]|\\.)*",?)+\})? -?[\d.e+-]+)$/,
      );
    expect(text.endsWith("\n")).toBe(true);
  });

  it.each([
    'liftlock_deployments{environment="production",window="7d",status="rolled_back"} 1',
    'liftlock_rollbacks{environment="production",window="7d"} 2',
    'liftlock_deployment_success_ratio{environment="production",window="7d"} 0.5',
    'liftlock_promotion_seconds{environment="production",window="7d",stat="p95"} 240',
    'liftlock_release_info{environment="production",version="1.0.0\\"\\\\",release="0123456789ab"} 1',
    "liftlock_storage_ratio 0.9",
    'liftlock_drill_passed{environment="production"} 0',
    `liftlock_drill_timestamp_seconds{environment="production"} ${now.getTime() / 1000}`,
    `liftlock_backup_timestamp_seconds{environment="staging"} ${now.getTime() / 1000}`,
  ])("says %s", (line) => {
    expect(text.split("\n")).toContain(line);
  });

  it("leaves out what is not known", () => {
    expect(prometheusText([figuresOf("production", [], now, 7)], [], undefined)).not.toMatch(
      /ratio|seconds|storage|NaN/,
    );
  });

  it.runIf(promtool)("is taken by promtool", () => {
    expect(spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" })).toMatchObject({
      status: 0,
      stderr: "",
    });
  });
});

describe("docs/alerts.rules.yaml", () => {
  interface Rule {
    alert: string;
    expr: string;
    labels: { severity: string };
    annotations: Record<string, string>;
  }
  const { groups } = parse(readFileSync(rules, "utf8")) as { groups: { rules: Rule[] }[] };
  const all = groups.flatMap((group) => group.rules);

  it("has the specification's three rules, and those of backups", () => {
    expect(all.map(({ expr, labels }) => [expr, labels.severity])).toEqual([
      ['sum(liftlock_rollbacks{window="1d"}) > 5', "warning"],
      ['liftlock_deployment_success_ratio{window="7d"} < 0.9', "critical"],
      ["liftlock_drill_passed == 0", "critical"],
      ["time() - liftlock_drill_timestamp_seconds > 14 * 86400", "warning"],
      ["liftlock_storage_ratio > 0.9", "critical"],
    ]);
  });

  it("asks for metrics that there are", () => {
    for (const { expr } of all) {
      const [, name = ""] = /(liftlock_\w+)/.exec(expr) ?? [];
      expect(text).toContain(`# TYPE ${name} gauge`);
    }
  });

  it.runIf(promtool)("is taken by promtool", () => {
    expect(spawnSync("promtool", ["check", "rules", rules]).status).toBe(0);
  });

  it.runIf(promtool).each([
    ["LiftlockRollbacksFrequent", 'liftlock_rollbacks{environment="production",window="1d"}', 5, 6],
    [
      "LiftlockDeploymentsFail",
      'liftlock_deployment_success_ratio{environment="production",window="7d"}',
      0.9,
      0.89,
    ],
    ["LiftlockStorageFull", "liftlock_storage_ratio", 0.9, 0.91],
  ])("%s fires beyond its limit only", (alert, series, calm, bad) => {
    const { labels, annotations } = all.find((rule) => rule.alert === alert) as Rule;
    const test = (value: number, fires: boolean) => ({
      interval: "1m",
      input_series: [{ series, values: `${value}` }],
      alert_rule_test: [{ eval_time: "0m", alertname: alert, ...(fires && { exp_alerts: [{}] }) }],
    });
    const file = join(mkdtempSync(join(tmpdir(), "liftlock-rules-")), "test.yaml");
    writeFileSync(file, stringify({ rule_files: [rules], tests: [test(calm, false)] }));
    execFileSync("promtool", ["test", "rules", file]);
    // An alert without labels and annotations is expected: that it is another one is told, and that it fires.
    writeFileSync(file, stringify({ rule_files: [rules], tests: [test(bad, true)] }));
    const { stdout, stderr } = spawnSync("promtool", ["test", "rules", file], { encoding: "utf8" });
    expect(`${stdout}${stderr}`).toContain(`severity="${labels.severity}"`);
    expect(annotations["summary"]).toBeDefined();
  });
});
