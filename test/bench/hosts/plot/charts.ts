import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TrafficFigures, Way } from "../figures.ts";
import type { Bin } from "../load/reading.ts";
import { drawSheet, type Line, type Sheet } from "./svg.ts";

const titles: Partial<Record<Way, string>> = {
  recreate: "docker compose up -d: the old container ends before the new one begins",
  blueGreen: "Blue/green: all traffic moves at once",
  canary: "Canary: 5 %, 50 %, then all traffic",
};

const looks = ["a", "b", "c", "d"] as const;

/** Seconds shown before the first change of version or the first dropped request, and after the last. */
const around = 4;

/** The part of a course in which requests are dropped or two releases answer; all of it where neither happens. */
function span(bins: readonly Bin[]): Bin[] {
  const happens = ({ dropped, versions }: Bin) => dropped > 0 || Object.keys(versions).length > 1;
  const [first, last] = [bins.find(happens)?.at, bins.findLast(happens)?.at];
  if (first === undefined || last === undefined) return [...bins];
  return bins.filter(({ at }) => at >= first - around * 1000 && at <= last + around * 1000);
}

function sheetOf(title: string, rate: number, course: readonly Bin[]): Sheet {
  const bins = span(course);
  const start = bins[0]?.at ?? 0;
  const width = (bins[1]?.at ?? start + 100) - start;
  const line = (name: string, look: Line["look"], y: (bin: Bin) => number, filled = false): Line => ({
    name,
    look,
    filled,
    points: bins.map((bin) => ({ x: (bin.at - start) / 1000, y: y(bin) })),
  });
  const perSecond = (count: number) => (count * 1000) / width;
  const versions = [...new Set(bins.flatMap((bin) => Object.keys(bin.versions)))].filter(Boolean).sort();
  const dropped = bins.reduce((sum, bin) => sum + bin.dropped, 0);
  const requests = bins.reduce((sum, bin) => sum + bin.requests, 0);
  return {
    title,
    about: `${requests} requests, ${rate} a second asked for; ${dropped} dropped. Measured on container hosts by npm run bench:hosts.`,
    from: 0,
    to: bins.length * (width / 1000),
    panels: [
      {
        title: "Answers by release, and dropped requests",
        unit: "a second",
        reach: rate,
        lines: [
          ...versions.map((version, index) =>
            line(version, looks[index % looks.length] ?? "a", (bin) => perSecond(bin.versions[version] ?? 0)),
          ),
          line("dropped", "bad", (bin) => perSecond(bin.dropped), true),
        ],
      },
      {
        title: "Share of the answers",
        unit: "%",
        reach: 100,
        lines: versions.map((version, index) =>
          line(version, looks[index % looks.length] ?? "a", (bin) => {
            const all = Object.values(bin.versions).reduce((sum, count) => sum + count, 0);
            return all === 0 ? Number.NaN : (100 * (bin.versions[version] ?? 0)) / all;
          }),
        ),
      },
      {
        title: "Latency of requests that are answered at once",
        unit: "ms",
        lines: [line("p50", "c", (bin) => bin.p50), line("p99", "d", (bin) => bin.p99)],
      },
    ],
  };
}

/** Draws a chart for each way that has a title. @returns the files */
export function drawCharts({ rate, courses }: TrafficFigures, directory: string): string[] {
  mkdirSync(directory, { recursive: true });
  return Object.entries(titles).flatMap(([way, title]) => {
    const course = courses[way as Way];
    if (!course) return [];
    const file = join(directory, `${way}.svg`);
    writeFileSync(file, drawSheet(sheetOf(title, rate, course)));
    return [file];
  });
}
