import type { MetricsReport } from "../../automation/metrics.ts";
import type { Figures } from "../../plan/metrics/figures.ts";
import { bytesText } from "./bytes.ts";
import { duration } from "./line.ts";

const share = (value: number | undefined) =>
  value === undefined ? "–" : `${Math.round(value * 1000) / 10} %`;

/** Hours and days as such: a lead time is no matter of seconds. */
function long(seconds: number | undefined): string {
  if (seconds === undefined) return "–";
  if (seconds < 7_200) return duration(seconds);
  const hours = seconds / 3_600;
  return hours < 72 ? `${hours.toFixed(1)} h` : `${(hours / 24).toFixed(1)} d`;
}

const rows: readonly (readonly [string, (of: Figures) => string])[] = [
  ["completed", ({ deployments }) => String(deployments.completed)],
  ["failed, rolled back", ({ deployments }) => `${deployments.failed}, ${deployments.rolledBack}`],
  ["a day", ({ frequency }) => frequency.toFixed(2)],
  ["success rate", ({ success }) => share(success)],
  ["lead time", ({ leadTime }) => long(leadTime?.median)],
  ["change failure rate", ({ changeFailure }) => share(changeFailure)],
  ["recovery time", ({ recovery }) => long(recovery?.median)],
  ["rework rate", ({ rework }) => share(rework)],
  ["promotion time", ({ promotion }) => long(promotion?.median)],
  ["rollbacks", ({ rollbacks }) => String(rollbacks)],
];

const minute = (at: Date) => `${at.toISOString().slice(0, 16).replace("T", " ")} UTC`;

/** A column a time, an environment below the other; times are medians. */
export function metricsTable({ figures, pinned, storage, backups }: MetricsReport): string {
  const environments = [...new Set(figures.map(({ environment }) => environment))];
  const blocks = environments.map((environment) => {
    const own = figures.filter((of) => of.environment === environment);
    const runs = pinned.find((one) => one.environment === environment)?.version ?? "nothing";
    const line = (title: string, cells: readonly string[]) =>
      `  ${title.padEnd(22)}${cells.map((cell) => cell.padStart(12)).join("")}`;
    return [
      `${environment}, pinned ${runs}`,
      line(
        "",
        own.map(({ days }) => (days === 1 ? "1 day" : `${days} days`)),
      ),
      ...rows.map(([title, value]) => line(title, own.map(value))),
    ].join("\n");
  });
  const used = storage
    ? `Images take up ${bytesText(storage.used)} of ${bytesText(storage.limit)} (${share(storage.used / storage.limit)}), measured ${minute(storage.measured)}.`
    : "What images take up is measured by: liftlock cleanup --apply";
  const drills = backups.flatMap(({ environment, drilled }) =>
    drilled
      ? [
          `The last restore drill in ${environment} ${drilled.passed ? "passed" : "FAILED"}, ${minute(drilled.at)}.`,
        ]
      : [],
  );
  return [...blocks, used, ...(drills.length > 0 ? [drills.join("\n")] : [])].join("\n\n");
}
