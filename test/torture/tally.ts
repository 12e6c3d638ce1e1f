import type { Violation } from "./invariants.ts";
import type { Schedule } from "./schedule.ts";
import { simulate } from "./simulate.ts";

/** A schedule after which an invariant did not hold. */
export interface Finding {
  schedule: Schedule;
  violations: Violation[];
  /** Its number among the random ones of its seed: with the seed it is found again, and made smaller. */
  number?: number;
}

/** What many schedules came to. */
export interface Tally {
  schedules: number;
  faults: number;
  /** How drivers ended, over all schedules: a promotion's state, a refusal's code, `killed`, or `nothing`. */
  outcomes: Record<string, number>;
  /** Schedules with a violation. */
  violations: number;
  /** The first of them. */
  findings: Finding[];
}

export const emptyTally = (): Tally => ({
  schedules: 0,
  faults: 0,
  outcomes: {},
  violations: 0,
  findings: [],
});

/** Findings kept; the rest is counted. */
const kept = 5;

/** Runs one schedule and counts what came of it. */
export async function count(tally: Tally, schedule: Schedule, number?: number): Promise<void> {
  const { ends, faults, violations } = await simulate(schedule);
  tally.schedules += 1;
  tally.faults += faults;
  for (const end of ends) tally.outcomes[end] = (tally.outcomes[end] ?? 0) + 1;
  if (violations.length === 0) return;
  tally.violations += 1;
  if (tally.findings.length < kept)
    tally.findings.push({ schedule, violations, ...(number !== undefined && { number }) });
}

/** Both together. */
export function add(a: Tally, b: Tally): Tally {
  const names = [...new Set([...Object.keys(a.outcomes), ...Object.keys(b.outcomes)])].sort();
  return {
    schedules: a.schedules + b.schedules,
    faults: a.faults + b.faults,
    outcomes: Object.fromEntries(
      names.map((name) => [name, (a.outcomes[name] ?? 0) + (b.outcomes[name] ?? 0)]),
    ),
    violations: a.violations + b.violations,
    findings: [...a.findings, ...b.findings].slice(0, kept),
  };
}
