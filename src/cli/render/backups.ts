import type { BackupReport, BackupsReport, DrillReport } from "../../automation/backup.ts";
import type { RestoreReport } from "../../automation/restoreBackup.ts";
import type { Snapshot } from "../../hosts/backupFacts.ts";
import { counted, spell } from "../../plan/gates/words.ts";
import { bytesText } from "./bytes.ts";
import { duration } from "./line.ts";

const short = (snapshot: string) => snapshot.slice(0, 8);

const minute = (at: Date) => `${at.toISOString().slice(0, 16).replace("T", " ")} UTC`;

/** A backup that was taken, and what to type next. */
export const backupText = ({ environment, snapshot, bytes, added, seconds }: BackupReport): string =>
  [
    `${environment} is backed up: snapshot ${short(snapshot)}, ${bytesText(bytes)}, of which ${bytesText(added)} were new, in ${duration(seconds)}.`,
    `Does it restore? liftlock drill ${environment}`,
  ].join("\n");

function snapshotLine({ id, at, bytes, release, databases, volumes }: Snapshot, now: Date): string {
  const content = [
    ...(release === undefined ? [] : [`release ${release}`]),
    ...databases.map((name) => `database ${name}`),
    ...volumes.map((name) => `volume ${name}`),
  ];
  const size = bytes === undefined ? "" : bytesText(bytes);
  const age = `${spell(now.getTime() - at.getTime())} ago`;
  return `  ${short(id)}  ${minute(at)}  ${age.padStart(18)}  ${size.padStart(8)}  ${content.join(", ")}`;
}

/** What there is, how the last drill ended, and what is wrong. */
export function backupsText({ environment, snapshots, drilled, problems }: BackupsReport, now: Date): string {
  const proven = drilled
    ? `Last drill: ${minute(drilled.at)}, of ${short(drilled.snapshot)}: ${drilled.passed ? "it restores" : `FAILED: ${drilled.message ?? "it does not say why"}`}`
    : `No drill yet: liftlock drill ${environment}`;
  return [
    `${environment}: ${counted(snapshots.length, "backup")}`,
    ...snapshots.map((snapshot) => snapshotLine(snapshot, now)),
    proven,
    ...problems.map((problem) => `  ✗ ${problem}`),
  ].join("\n");
}

/** What a drill has proven. */
export const drillText = ({
  environment,
  snapshot,
  files,
  databases,
  volumes,
  seconds,
}: DrillReport): string =>
  [
    `The backup ${short(snapshot)} of ${environment} restores: ${counted(files, "file")} as they were backed up, in ${duration(seconds)}.`,
    ...databases.map(
      ({ service, name, tables }) => `  database ${name} of ${service}: ${counted(tables, "table")}`,
    ),
    ...volumes.map(({ name, entries }) => `  volume ${name}: ${entries} files and directories`),
    "Nothing of the drill is left on the host.",
  ].join("\n");

/** What was brought back, and the way back from that. */
export const restoreText = ({
  environment,
  kind,
  name,
  snapshot,
  before,
  services,
  seconds,
}: RestoreReport): string =>
  [
    `The ${kind} ${name} of ${environment} is what it was in ${short(snapshot)}; ${counted(services, "service")} stopped meanwhile, ${duration(seconds)}.`,
    `What was there before: liftlock restore ${environment} --${kind === "volume" ? "volume" : "service"} ${name} --snapshot ${short(before)} --confirm ${environment}`,
  ].join("\n");
