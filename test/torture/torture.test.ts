import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { singles } from "./exhaustive.ts";
import { mutants } from "./mutants.ts";
import { anySchedule, behaviours, strategies } from "./schedule.ts";
import { runShare } from "./share.ts";
import { simulate } from "./simulate.ts";
import { runSuite, TortureFailure } from "./workers.ts";

/** A smaller run of `npm run torture`. */
describe("the driver in a world where everything may fail", () => {
  it.each([
    ["good", "Completed"],
    ["crashes", "RolledBack"],
    ["unhealthy", "RolledBack"],
    ["answers500", "RolledBack"],
    ["neverCame", "RolledBack"],
  ] as const)("without faults: a release that is %s ends %s", async (behaviour, end) => {
    const { ends, violations } = await simulate({ order: 1, behaviour, hosts: 2, seen: true, faults: [] });
    expect(violations).toEqual([]);
    expect(ends[0]).toBe(end);
  });

  it.each(strategies.flatMap((strategy) => behaviours.map((behaviour) => [strategy, behaviour] as const)))(
    "%s: a release that is %s comes, or goes back",
    async (strategy, behaviour) => {
      const { ends, violations } = await simulate({
        order: 1,
        behaviour,
        hosts: 3,
        strategy,
        seen: true,
        faults: [],
      });
      expect(violations).toEqual([]);
      expect(ends[0]).toBe(behaviour === "good" ? "Completed" : "RolledBack");
    },
  );

  it("keeps the invariants under every fault at every call", async () => {
    const all = (await singles()).filter(({ behaviour }) => behaviour !== "unhealthy");
    expect(all.length).toBeGreaterThan(1000);
    const broken: unknown[] = [];
    for (const schedule of all) {
      const { violations } = await simulate(schedule);
      if (violations.length > 0) broken.push({ schedule, violations });
    }
    expect(broken).toEqual([]);
  });

  it("keeps them under random faults with two drivers that compete", async () => {
    const property = fc.asyncProperty(anySchedule, async (schedule) => {
      expect((await simulate(schedule)).violations).toEqual([]);
    });
    await fc.assert(property, { numRuns: 200, seed: 4711 });
  });
});

describe("torture itself", () => {
  it("runs the same schedule the same way", async () => {
    for (const schedule of fc.sample(anySchedule, { numRuns: 3, seed: 7 }))
      expect(await simulate(schedule)).toEqual(await simulate(schedule));
  });

  it("shares out a suite without losing a schedule", async () => {
    const suite = { name: "random", schedules: 9, seed: 3 } as const;
    const parts = await Promise.all([0, 1].map((part) => runShare({ suite, part, of: 2 })));
    expect(parts.map(({ schedules }) => schedules)).toEqual([5, 4]);
  });

  it.each(mutants)("has a place in the source for the mutant: $name", ({ file, find }) => {
    const source = readFileSync(join(import.meta.dirname, "../..", file), "utf8");
    expect(source.split(find)).toHaveLength(2);
  });

  // The others take longer to be found: `npm run torture -- --mutants`.
  it.each([
    "the lease is taken whoever holds it",
    "a message is told as it came",
    "stages follow each other without being watched",
  ])("catches the mutant: %s", async (name) => {
    const loader = {
      module: new URL("./mutantLoader.ts", import.meta.url).href,
      environment: { LIFTLOCK_MUTANT: name },
    };
    const tally = await runSuite({ name: "random", schedules: 60, seed: 1 }, 1, undefined, loader);
    expect(tally.violations).toBeGreaterThan(0);
  });

  it("says so when a mutant does not fit the source any more", async () => {
    const loader = {
      module: new URL("./mutantLoader.ts", import.meta.url).href,
      environment: { LIFTLOCK_MUTANT: "none" },
    };
    const run = runSuite({ name: "random", schedules: 1, seed: 1 }, 1, undefined, loader);
    await expect(run).rejects.toBeInstanceOf(TortureFailure);
  });
});
