import type { Reporter } from "../../src/automation/carryOut.ts";
import type { PromotionResult } from "../../src/automation/messages.ts";
import { deploy, promote } from "../../src/automation/promote.ts";
import { resume } from "../../src/automation/resume.ts";
import { rollback } from "../../src/automation/rollback.ts";
import { asFailure } from "../../src/release/failure.ts";
import {
  judgeEnd,
  judgeLeases,
  judgePins,
  judgeResult,
  judgeSecrets,
  judgeStages,
  type Violation,
} from "./invariants.ts";
import type { Action, Schedule } from "./schedule.ts";
import { SimDriver } from "./sim/driver.ts";
import { Turns } from "./sim/turns.ts";
import { releases, SimWorld } from "./sim/world.ts";

/** What became of one schedule. */
export interface Outcome {
  /** How each driver ended: a promotion's state, a refusal's code, `killed`, or `nothing`. */
  ends: string[];
  /** Faults that struck. */
  faults: number;
  violations: Violation[];
  /** Calls of the first driver, by name. */
  calls: readonly string[];
}

/** Telling people and writing incidents up is not what is tortured here. */
const silent = (): Reporter => ({
  started: () => undefined,
  ended: () => undefined,
  writeUp: async () => ({}),
  finish: async () => undefined,
});

const acts: Readonly<Record<Action, (driver: SimDriver) => Promise<PromotionResult | undefined>>> = {
  promote: ({ context }) => promote(context, { from: "staging", to: "production", allow: [] }, silent),
  deploy: ({ context }) =>
    deploy(context, { environment: "production", release: releases.other, allow: [] }, silent),
  rollback: ({ context }) => rollback(context, { environment: "production" }, silent),
  resume: ({ context }) => resume(context, "production", silent),
};

/** Resumes after the faults: more than any run needs, so that one that never comes to an end is seen. */
const rounds = 6;

/** One schedule, from two drivers that begin together to an environment that is at rest again. */
class Simulation {
  readonly violations: Violation[] = [];
  readonly ends: string[] = [];
  readonly drivers: SimDriver[] = [];
  readonly world: SimWorld;
  private readonly schedule: Schedule;
  private readonly turns: Turns;

  constructor(schedule: Schedule) {
    this.schedule = schedule;
    this.world = new SimWorld(schedule.behaviour, schedule.hosts, schedule.strategy);
    this.world.ledger.seen = schedule.seen;
    this.turns = new Turns(schedule.order);
  }

  private driver(checkout: string, faulty: boolean): SimDriver {
    const id = this.drivers.length;
    const own = this.schedule.faults.filter((fault) => faulty && fault.driver === id);
    const faults = new Map(own.map(({ call, kind }) => [call, kind]));
    const driver = new SimDriver(id, this.world, this.turns, checkout, faults);
    this.drivers.push(driver);
    const { notify } = driver.context;
    driver.context.notify = (message) => {
      if (message.code === "promotion.finished" && !driver.killed)
        this.violations.push(...judgeResult(this.world, message.payload));
      notify(message);
    };
    return driver;
  }

  /** Starts drivers together, and waits until each has ended or is dead. */
  private async run(starts: readonly { action: Action; driver: SimDriver }[]): Promise<string[]> {
    const ends = starts.map(() => "killed");
    const work = starts.map(async ({ action, driver }, i) => {
      try {
        const result = await acts[action](driver);
        ends[i] = result?.status ?? "nothing";
      } catch (thrown) {
        if (driver.killed) return;
        const failure = asFailure(thrown);
        ends[i] = failure.code;
        // A fault that reaches the person as it came is told in plain words, too: nothing else may be a defect.
        if (failure.code === "Unexpected" && !failure.message.includes("failed ("))
          this.violations.push({ invariant: 0, message: `a defect of the driver: ${failure.message}` });
      }
    });
    await this.turns.until(Promise.all(work));
    this.ends.push(...ends);
    return ends;
  }

  async whole(): Promise<void> {
    const { competitor, faults } = this.schedule;
    const first = this.driver("a", true);
    const second = competitor && {
      action: competitor.action,
      driver: this.driver(competitor.apart ? "b" : "a", true),
    };
    await this.run([{ action: "promote", driver: first }, ...(second ? [second] : [])]);
    // Resumed from another checkout, with faults of its own; then without any, until nothing is left to do.
    const faulty = Math.max(...faults.map(({ driver }) => driver), -1);
    await this.act(this.schedule.next ?? "resume", "b", true);
    while (this.drivers.length <= faulty) await this.act("resume", "b", true);
    this.world.settle();
    for (const checkout of ["b", "a"]) await this.settle(checkout);
    // What was done in the second has left the first behind.
    this.follow("b");
    this.violations.push(...judgeEnd(this.world, ["a", "b"]));
    this.violations.push(
      ...judgeLeases(this.world),
      ...judgePins(this.world),
      ...judgeStages(this.world),
      ...judgeSecrets(this.world, this.drivers),
    );
  }

  private async act(action: Action, checkout: string, faulty: boolean): Promise<string | undefined> {
    // Long enough for the lease of whoever died to expire.
    this.world.clock += 120_000;
    const [end] = await this.run([{ action, driver: this.driver(checkout, faulty) }]);
    return end;
  }

  private async settle(checkout: string): Promise<void> {
    for (let round = 0; round < rounds; round++)
      if ((await this.act("resume", checkout, false)) === "nothing") break;
    this.follow(checkout);
  }

  /** A checkout that is only behind is brought up by a person: `git pull`, or `liftlock pin --from-stack`. */
  private follow(checkout: string): void {
    const pin = this.world.checkouts.get(checkout);
    const { deployed } = this.world.stack;
    if (!pin || pin.candidate || pin.rollout.attempt >= deployed.attempt) return;
    this.world.checkouts.set(checkout, {
      release: deployed.release,
      candidate: undefined,
      rollout: { attempt: deployed.attempt, mode: deployed.mode },
    });
  }
}

/** Runs one schedule in memory: the real driver, planner, state machine and journal on simulated ports. */
export async function simulate(schedule: Schedule): Promise<Outcome> {
  const simulation = new Simulation(schedule);
  await simulation.whole();
  const { ends, violations, drivers } = simulation;
  return {
    ends,
    violations,
    faults: drivers.reduce((sum, { struck }) => sum + struck, 0),
    calls: drivers[0]?.calls ?? [],
  };
}
