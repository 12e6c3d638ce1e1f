import type { DriftReport } from "../../automation/drift.ts";
import type { HistoryLine } from "../../automation/history.ts";
import type { EnvironmentStatus } from "../../automation/status.ts";
import { shortDigest } from "../../release/digest.ts";

const name = (release: { version: string; id: string } | undefined) =>
  release ? `${release.version} (${release.id})` : "nothing";

const digestsText = (digests: Readonly<Record<string, string>>) =>
  Object.entries(digests)
    .map(([service, digest]) => `${service} ${shortDigest(digest)}`)
    .join("  ");

/** One environment: what it is meant to run, what it runs, host by host. */
export function statusText(s: EnvironmentStatus): string {
  const [healthy, all] = s.healthy;
  const [answering, endpoints] = s.endpoints;
  const state = s.holder
    ? `a promotion is under way: ${s.holder.user}@${s.holder.machine} since ${s.holder.since}`
    : s.interrupted
      ? `interrupted: liftlock resume ${s.environment}`
      : s.problems.length > 0
        ? `${s.problems.length} problem${s.problems.length === 1 ? "" : "s"}`
        : s.release
          ? "as pinned"
          : "no release yet";
  const hosts = s.hosts.flatMap((host) => [
    `    ${host.name.padEnd(24)} ${host.address.padEnd(16)} ${host.problem ?? `attempt ${host.attempt}`}`,
    ...(host.digests ? [`      ${digestsText(host.digests)}`] : []),
  ]);
  return [
    `${s.environment.padEnd(12)} ${name(s.release)}${s.candidate ? ` → ${name(s.candidate)}` : ""}, attempt ${s.attempt}: ${state}`,
    ...(s.release
      ? [
          `    ${healthy} of ${all} services healthy, ${answering} of ${endpoints} endpoints answer, address ${s.address}`,
        ]
      : []),
    ...hosts,
    ...s.problems.map((problem) => `    ✗ ${problem}`),
  ].join("\n");
}

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

/** What differs, one a line. */
export function driftText(report: DriftReport): string {
  const looked = `${report.looked.resources} resources and ${report.looked.hosts} hosts looked at`;
  if (report.differences.length === 0) return `${report.environment}: no drift; ${looked}.`;
  return [
    `${report.environment}: ${report.differences.length} differ; ${looked}.`,
    ...report.differences.map((d) => `  ${d.where.padEnd(6)} ${d.resource.padEnd(40)} ${d.what}`),
    `Put back:  pulumi up -s ${report.environment} --refresh`,
  ].join("\n");
}
