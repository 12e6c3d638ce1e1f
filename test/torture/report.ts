import type { Schedule } from "./schedule.ts";
import type { Suite } from "./share.ts";
import type { Finding, Tally } from "./tally.ts";

const titles: Readonly<Record<Suite["name"], string>> = {
  singles: "every fault alone",
  pairs: "pairs of faults",
  random: "random schedules",
};

/** What a suite came to, for people. */
export function describe(suite: Suite, tally: Tally, seconds: number): string {
  const sampled = suite.name === "pairs" && suite.every > 1 ? ` (every ${suite.every}th)` : "";
  const outcomes = Object.entries(tally.outcomes)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${count}`);
  return [
    `${titles[suite.name]}${sampled}: ${tally.schedules} schedules, ${tally.faults} faults, ${tally.violations} violations, ${seconds.toFixed(1)} s`,
    `  ends: ${outcomes.join(", ")}`,
  ].join("\n");
}

const show = (schedule: Schedule): string =>
  [
    `  ${schedule.behaviour} release, ${schedule.hosts} hosts, order ${schedule.order}, a dead driver ${schedule.seen ? "is seen to be dead" : "only lets its lease expire"}`,
    ...(schedule.competitor
      ? [
          `  beside it: ${schedule.competitor.action} in ${schedule.competitor.apart ? "another" : "the same"} checkout`,
        ]
      : []),
    ...(schedule.next ? [`  then, in another checkout: ${schedule.next}`] : []),
    ...schedule.faults.map(({ driver, call, kind }) => `  driver ${driver}, call ${call}: ${kind}`),
  ].join("\n");

/** A violation and the schedule that leads there. */
export function explain(finding: Finding, seed: number, smallest: Schedule | undefined): string {
  const said = finding.violations
    .slice(0, 6)
    .map(({ invariant, message }) => `  invariant ${invariant}: ${message}`);
  return [
    `VIOLATION${finding.number === undefined ? "" : ` (--seed ${seed}, schedule ${finding.number})`}`,
    ...said,
    show(finding.schedule),
    ...(smallest ? ["  the smallest schedule that still fails:", show(smallest)] : []),
  ].join("\n");
}
