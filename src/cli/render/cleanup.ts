import type {
  CleanupReport,
  CleanupStepReport,
  GoneVersion,
  HostCleanup,
} from "../../automation/cleanup/report.ts";
import { counted } from "../../plan/gates/words.ts";
import { shortDigest } from "../../release/digest.ts";
import { bytesText } from "./bytes.ts";

/** Versions that are named one by one; the whole list is in `--json`. */
const shown = 10;

const percent = (value: number) => `${value} %`;

const versionLine = ({ repository, digest, tags, frees, refused }: GoneVersion): string => {
  const names = tags.length > 0 ? ` (${tags.join(", ")})` : "";
  return `    ${repository}@${shortDigest(digest)}${names}  ${refused ?? bytesText(frees)}`;
};

function stepLines({ of, threshold, versions }: CleanupStepReport, applied: boolean): string[] {
  const gone = versions.filter(({ refused }) => refused === undefined);
  const refused = versions.length - gone.length;
  const freed = gone.reduce((sum, { frees }) => sum + frees, 0);
  const what = `${counted(gone.length, "old version")} of ${of === "staging" ? "development and staging" : "production"}`;
  return [
    `  above ${threshold} %: ${what} ${applied ? "deleted" : "would go"}, ${bytesText(freed)}${refused > 0 ? `; ${refused} refused` : ""}`,
    ...versions.slice(0, shown).map(versionLine),
    ...(versions.length > shown ? [`    and ${versions.length - shown} more`] : []),
  ];
}

function hostLine(
  { environment, host, disk, images, bytes, containers, problem }: HostCleanup,
  applied: boolean,
): string {
  if (problem !== undefined)
    return `  ${host.padEnd(24)} ${environment.padEnd(12)} not looked at: ${problem}`;
  const used = disk ? `disk ${Math.round((disk.used / disk.total) * 100)} % full, ` : "";
  const left = containers > 0 ? `, ${counted(containers, "stopped container")}` : "";
  const verb = applied ? "removed" : "would go";
  return `  ${host.padEnd(24)} ${environment.padEnd(12)} ${used}${counted(images, "image")}${left} ${verb}, ${bytesText(bytes)}`;
}

/** What is stored, what goes or has gone, why the rest stays, and what to type next. */
export function cleanupText(report: CleanupReport): string {
  const { applied, use, limit, critical, steps, stays, hosts, requests, stopped } = report;
  const after = `${bytesText(use.after)} (${percent(use.percentAfter)})`;
  return [
    `${bytesText(use.before)} of ${bytesText(limit)} in use (${percent(use.percentBefore)}): ${counted(report.versions, "version")} in ${counted(report.repositories, "package")}.${critical ? " CRITICAL." : ""}`,
    ...(steps.length === 0 ? ["  Nothing has to go from the registry."] : []),
    ...steps.flatMap((step) => stepLines(step, applied)),
    ...(steps.length > 0 ? [applied ? `  ${after} in use now.` : `  ${after} would be in use then.`] : []),
    "Stays:",
    ...stays.map(({ why, versions }) => `  ${String(versions).padStart(6)}  ${why}`),
    ...(hosts.length > 0 ? ["Hosts:", ...hosts.map((host) => hostLine(host, applied))] : []),
    `${counted(requests.listing + requests.deleting, "request")} to GitHub, ${counted(requests.manifests, "manifest")} read.`,
    ...(stopped === undefined
      ? []
      : [`Stopped early: ${stopped}. The next one goes on: liftlock cleanup --apply`]),
    ...(applied ? [] : ["Nothing was deleted. To do it: liftlock cleanup --apply"]),
  ].join("\n");
}
