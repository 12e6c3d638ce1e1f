import { byGravity } from "../plan/deployFailure.ts";
import { type HostFacts, wasRead } from "../plan/facts.ts";
import type { Finding } from "../plan/finding.ts";
import type { Reason } from "../plan/promotion.ts";
import type { FailureReport } from "./messages.ts";
import type { Run } from "./run.ts";

/** The first finding of each service: what fails on every host is told once. */
const oncePerService = (findings: readonly Finding[]) =>
  findings.filter((finding, i) => findings.findIndex((other) => other.service === finding.service) === i);

/** Most services reported; a release that breaks everything need not be told in full. */
const mostReports = 3;

const failing = (findings: readonly Finding[]) =>
  findings.filter(
    (finding) => finding.container && (finding.code === "StartFailed" || finding.code === "Unhealthy"),
  );

async function describe(run: Run, facts: HostFacts, finding: Finding): Promise<FailureReport> {
  const { container } = finding;
  const id = container?.id ?? "";
  const tails = await run.watch.outside(run.target.hosts.logs(facts, id ? [id] : [])).catch(() => []);
  const { secrets } = run.context;
  return {
    host: finding.host,
    service: finding.service ?? "migrator",
    ...(container?.status === "exited" || (container?.restarts ?? 0) > 0
      ? { exitCode: container?.exitCode ?? 0 }
      : {}),
    ...(container?.probe && { probe: secrets.mask(container.probe) }),
    log: (tails.find((tail) => tail.source === (id || "migrator"))?.lines ?? []).map((line) =>
      secrets.mask(line),
    ),
  };
}

/** Asks the hosts for the last words of what failed there. Never stands in the way of going back. */
export async function reportFailures(run: Run, reason: Reason, findings: readonly Finding[]): Promise<void> {
  const told =
    reason.code === "MigrationFailed"
      ? run.readings.slice(0, 1).map((reading): Finding => ({ host: reading.host, ...reason }))
      : // In the order of the reason itself: the log that is shown first is of the host that is named.
        oncePerService(byGravity(failing(findings))).slice(0, mostReports);
  for (const finding of told) {
    const facts = run.readings.find((reading) => reading.host === finding.host);
    if (!facts || !wasRead(facts)) continue;
    const report = await describe(run, facts, finding);
    run.reports.push(report);
    run.context.notify({ code: "failure.report", payload: report });
  }
}
