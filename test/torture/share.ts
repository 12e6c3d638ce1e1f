import fc from "fast-check";
import { pairs, singles } from "./exhaustive.ts";
import { anySchedule, type Schedule } from "./schedule.ts";
import { simulate } from "./simulate.ts";
import { count, emptyTally, type Tally } from "./tally.ts";

/** Which schedules: every fault alone, every pair, or random ones. */
export type Suite =
  | { name: "singles" }
  /** @property every one of so many is run; 1: all */
  | { name: "pairs"; every: number }
  | { name: "random"; schedules: number; seed: number };

/** One worker's part of a suite: every `of`-th schedule, beginning with `part`. */
export interface Share {
  suite: Suite;
  part: number;
  of: number;
}

const samples = (schedules: number, seed: number): Schedule[] =>
  fc.sample(anySchedule, { numRuns: schedules, seed });

async function* schedulesOf(suite: Suite): AsyncGenerator<{ schedule: Schedule; number?: number }> {
  switch (suite.name) {
    case "singles":
      for (const schedule of await singles()) yield { schedule };
      return;
    case "pairs": {
      let at = 0;
      for await (const schedule of pairs()) if (at++ % suite.every === 0) yield { schedule };
      return;
    }
    case "random":
      for (const [number, schedule] of samples(suite.schedules, suite.seed).entries())
        yield { schedule, number };
  }
}

/** Runs a share. @param told how many were run, now and then */
export async function runShare({ suite, part, of }: Share, told?: (run: number) => void): Promise<Tally> {
  const tally = emptyTally();
  let at = 0;
  for await (const { schedule, number } of schedulesOf(suite)) {
    if (at++ % of !== part) continue;
    await count(tally, schedule, number);
    if (tally.schedules % 250 === 0) told?.(tally.schedules);
  }
  return tally;
}

/**
 * The smallest schedule that still fails, found by leaving faults out and making numbers smaller.
 * @param number of the failing one among the random schedules of the seed
 */
export async function shrink(seed: number, number: number): Promise<Schedule | undefined> {
  const property = fc.asyncProperty(
    anySchedule,
    async (schedule) => (await simulate(schedule)).violations.length === 0,
  );
  const details = await fc.check(property, { seed, path: String(number), numRuns: number + 1 });
  return details.counterexample?.[0];
}
