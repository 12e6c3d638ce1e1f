/** `npm run bench:cleanup -- [--versions N] [--json]`: what a clean-up asks, takes and frees. */
import { parseArgs } from "node:util";
import { percent, seconds, table, verdict } from "../report/table.ts";
import { type CleanupFigures, measureCleanup } from "./measure.ts";
import type { CleanupRun } from "./protocol.ts";

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;

/** Requests to GitHub for each hundred versions that were listed, without deletions. */
const perHundred = ({ report: { requests } }: CleanupRun, listed: number) =>
  (requests.listing * 100) / listed;

/** The figures, for people, held against what they must be. */
function describe({ versions, first, second }: CleanupFigures): string {
  const row = (name: string, run: CleanupRun, listed: number) => [
    name,
    String(run.report.requests.listing),
    perHundred(run, listed).toFixed(2),
    String(run.report.requests.deleting),
    String(run.report.requests.manifests),
    seconds(run.seconds),
    seconds(run.own),
    megabytes(run.memory.peak - run.memory.before),
  ];
  const left = versions - first.report.deleted;
  return `
Clean-up of ${versions} versions: ${first.report.deleted} deleted, ${percent(first.report.use.percentBefore / 100)} of the storage in use before, ${percent(first.report.use.percentAfter / 100)} after.
${table([
  ["", "listing", "a hundred", "deleting", "manifests read", "seconds", "own", "more memory"],
  row("first", first, versions),
  row("second", second, left),
])}
At most 2 requests a hundred versions, and one a deletion: ${verdict(perHundred(first, versions) <= 2 && perHundred(second, left) <= 2 && first.report.requests.deleting === first.report.deleted + first.report.refused)}
Under 10 s of our own: ${verdict(first.own < 10 && second.own < 10)}
Under 200 MB, the whole process: ${verdict([first, second].every(({ memory }) => memory.peak < 200e6))} (${megabytes(first.memory.before)} before it begins)`;
}

const { values } = parseArgs({
  options: { versions: { type: "string", default: "10000" }, json: { type: "boolean", default: false } },
});
const figures = await measureCleanup(
  Number(values.versions),
  (text) => void process.stderr.write(`${text}\n`),
);
process.stdout.write(
  `${values.json ? JSON.stringify({ event: "bench.cleanup", ...figures }) : describe(figures)}\n`,
);
