import { judgeHostDrift } from "../plan/hostDrift.ts";
import { describeDrift, resourceName } from "../plan/preview.ts";
import { judgeHosts } from "../plan/verdict.ts";
import { announceDrift } from "./announce.ts";
import type { DriverContext } from "./context.ts";
import type { Difference, DriftReport } from "./messages.ts";

/** Compares state, cloud and hosts. Changes nothing; people are told of what differs. */
export async function drift(context: DriverContext, environment: string): Promise<DriftReport> {
  using target = await context.workspace.open(environment);
  const [refreshed, readings] = await Promise.all([
    context.workspace.previewRefresh(target.name),
    target.hosts.observe(),
  ]);
  const { release, candidate } = target.file.pin();
  const expected = candidate ?? release;
  const cloud = refreshed.changes.map(
    (change): Difference => ({
      where: "cloud",
      resource: `${change.type} ${resourceName(change.urn)}`,
      what: describeDrift(change),
    }),
  );
  const hosts = (expected ? judgeHosts(readings, expected, target.outputs.jobs) : []).map(
    (finding): Difference => ({ where: "host", resource: finding.host, what: finding.message }),
  );
  const { files } = target.outputs.access;
  const onHosts = judgeHostDrift(readings, candidate ? undefined : (files ?? undefined)).map(
    ({ host, message }): Difference => ({ where: "host", resource: host, what: message }),
  );
  const resources = Object.values(refreshed.counts).reduce((sum, count) => sum + count, 0);
  const report = {
    environment: target.name,
    differences: [...cloud, ...hosts, ...onHosts],
    looked: { resources, hosts: readings.length },
  };
  await announceDrift(context, target, report);
  return report;
}
