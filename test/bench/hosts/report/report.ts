import { median, rounded } from "../../figures.ts";
import { table, verdict } from "../../report/table.ts";
import type { Measured, OneHostRound, TrafficFigures } from "../figures.ts";
import { type Judged, judged, ratiosOf } from "./judge.ts";

/** Kamal 2 on hosts like these: one pushed image, one host. Beside our figures, not against them: other work is done in that time. */
const elsewhere =
  "For orientation, Kamal 2 on such hosts: deploys one image to one host in 4.9 s with 31 commands, goes back in 4.4 s.";

const number = (value: number) => (Number.isInteger(value) ? String(value) : value.toFixed(2));

const rowOf = ({ what, value, unit, most, holds, from }: Judged) => [
  what,
  `${number(value)} ${unit}`,
  `≤ ${most}`,
  verdict(holds),
  from,
];

/** Median seconds of every step of a promotion to one host, the longest first. */
function steps(rounds: readonly OneHostRound[]): string {
  const names = rounds[0]?.steps.map(({ name }) => name) ?? [];
  const rows = names.map((name) => {
    const times = rounds.flatMap((round) => round.steps.filter((step) => step.name === name));
    return { name, seconds: median(times.map((t) => t.seconds)), own: median(times.map((t) => t.own)) };
  });
  const outside = median(
    rounds.map(({ promotion, steps: all }) => {
      const before = all.slice(0, all.findIndex(({ name }) => name === "verify") + 1);
      return promotion - before.reduce((sum, { seconds }) => sum + seconds, 0);
    }),
  );
  return table([
    ["step", "seconds", "driver's own"],
    ...rows
      .toSorted((a, b) => b.seconds - a.seconds)
      .map(({ name, seconds, own }) => [name, seconds.toFixed(2), own.toFixed(2)]),
    ["before the first step", outside.toFixed(2), ""],
  ]);
}

function recreate({ ways }: TrafficFigures): string {
  const { dropped, requests, outcomes } = ways.recreate;
  const how = Object.entries(outcomes).map(([name, count]) => `${count} ${name}`);
  return `docker compose up -d alone dropped ${dropped} of ${requests} requests${how.length > 0 ? ` (${how.join(", ")})` : ""}.`;
}

/** For people. */
export function describe(measured: Measured): string {
  const { traffic, times } = measured;
  return [
    "",
    table([["", "measured", "limit", "", ""], ...judged(measured).map(rowOf)]),
    ...(traffic ? ["", recreate(traffic)] : []),
    ...(times
      ? ["", "Where the time of a promotion to one host goes:", steps(times.oneHost), "", elsewhere]
      : []),
    "",
  ].join("\n");
}

/** For programs: the last line. What was not measured is left out. */
export function finished({ traffic, times, now }: Measured): object {
  const ratios = times && ratiosOf(times);
  const ways = Object.entries(traffic?.ways ?? {});
  return {
    event: "bench.hosts.finished",
    ...(traffic && {
      dropped: Object.fromEntries(ways.map(([way, { dropped }]) => [way, dropped])),
      requests: ways.reduce((sum, [, { requests }]) => sum + requests, 0),
    }),
    ...(ratios && {
      ratios: {
        oneHost: rounded(ratios.oneHost),
        sixServices: rounded(ratios.sixServices),
        fourHosts: rounded(ratios.fourHosts),
      },
    }),
    seconds: {
      ...(ratios && { oneHost: rounded(ratios.seconds) }),
      ...(now && { rollbackNow: rounded(median(now.plain)), rollbackNow100ms: rounded(median(now.slow)) }),
      ...(ratios && { added100ms: rounded(ratios.added) }),
    },
    ...(times && { sshSessionsPerHost: Math.max(...times.sessions) }),
  };
}
