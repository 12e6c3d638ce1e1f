import type { HistoryLine } from "../../automation/history.ts";
import type { Difference, DriftReport, SettledDrift } from "../../automation/messages.ts";

/** A line an update, newest first. */
export function historyText(lines: readonly HistoryLine[]): string {
  if (lines.length === 0) return "No update yet.";
  const heading = "time (UTC)           attempt  kind      update      promotion   release";
  const rows = lines.map((line) => {
    const release = line.candidate
      ? `${line.release?.version ?? "nothing"} → ${line.candidate.version}`
      : (line.release?.version ?? "-");
    return [
      line.time.slice(0, 19).replace("T", " "),
      String(line.attempt).padStart(7),
      line.kind.padEnd(8),
      line.result.padEnd(10),
      (line.outcome ?? "").padEnd(10),
      release.padEnd(20),
      line.actor ?? "",
    ].join("  ");
  });
  return [heading, ...rows].join("\n");
}

const differenceLines = (differences: readonly Difference[]): string[] =>
  differences.map((d) => `  ${d.where.padEnd(8)} ${d.resource.padEnd(40)} ${d.what}`);

/** What can be done about what is left. Of a host nothing can be accepted, and of an image nothing put right by an update. */
function remedies({ environment, differences }: DriftReport): string[] {
  const at = (...places: Difference["where"][]) => differences.some(({ where }) => places.includes(where));
  return [
    ...(at("state", "cloud", "github", "host")
      ? [`Put right:  liftlock drift ${environment} --correct`]
      : []),
    ...(at("cloud", "github") ? [`Accept:     liftlock drift ${environment} --accept --reason "…"`] : []),
    ...(at("registry") ? ["Images that are no longer trusted:  promote a release that is"] : []),
  ];
}

/** What was done about drift, before what is left of it. */
function settledLines(report: DriftReport & Partial<SettledDrift>): string[] {
  const { environment, action, before = [], differences } = report;
  if (action === undefined || before.length === 0) return [];
  const refused =
    action === "accepted" ? before.filter(({ where }) => where !== "cloud" && where !== "github") : [];
  return [
    `${environment}: ${before.length} differed, ${differences.length} left after they were ${action}.`,
    ...differenceLines(before),
    ...(refused.length > 0
      ? [`${refused.length} of them cannot be accepted: what runs is changed by a promotion, or put right.`]
      : []),
  ];
}

/** What differs, one a line; after drift was settled, what differed and what is left. */
export function driftText(report: DriftReport & Partial<SettledDrift>): string {
  const { resources, hosts, images } = report.looked;
  const looked = `${resources} resources, ${hosts} hosts and ${images} images looked at`;
  const left = report.differences.length;
  return [
    ...settledLines(report),
    ...(left === 0
      ? [`${report.environment}: no drift; ${looked}.`]
      : [`${report.environment}: ${left} differ; ${looked}.`, ...differenceLines(report.differences)]),
    ...remedies(report),
  ].join("\n");
}
