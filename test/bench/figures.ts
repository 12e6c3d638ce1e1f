import type { StepTime } from "../../src/automation/messages.ts";

/** One promotion and one deployment by the bare script, measured one right after the other. Seconds. */
export interface Round {
  promotion: {
    seconds: number;
    /** Of these, the driver's own. */
    own: number;
    steps: StepTime[];
    /** SSH sessions that logged in during the promotion, by production host. */
    sessions: number[];
  };
  bare: number;
}

/** What was measured with one number of production hosts. Medians over the rounds; seconds. */
export interface FleetFigures {
  hosts: number;
  rounds: Round[];
  promotion: number;
  bare: number;
  /** Median promotion to median bare script. */
  ratio: number;
  /** The driver's own part of a promotion, 0 to 1. */
  overhead: number;
  sessions: { most: number; typical: number };
}

/** Seconds of the engine alone, each a median. */
export interface EngineFigures {
  /** Preview of 15 resources that do not exist yet. */
  preview15: number;
  /** Update of 15 resources that are as they should be. */
  noop15: number;
  /** Update of 100 resources that are as they should be. */
  noop100: number;
  /** Two calls of its command line that the driver waits for in every promotion, while it gathers facts. */
  commands: { version: number; output: number };
}

/** Middle value; of an even number, the mean of the two in the middle. NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [below, above] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return ((below ?? Number.NaN) + (above ?? Number.NaN)) / 2;
}

/** Three decimals: the clock is finer than the measurement. */
export const rounded = (value: number): number => Math.round(value * 1000) / 1000;

/** Draws the figures of one number of hosts from its rounds. */
export function summarise(hosts: number, rounds: Round[]): FleetFigures {
  const promotion = median(rounds.map((round) => round.promotion.seconds));
  const bare = median(rounds.map((round) => round.bare));
  const sessions = rounds.flatMap((round) => round.promotion.sessions);
  return {
    hosts,
    rounds,
    promotion,
    bare,
    ratio: promotion / bare,
    overhead: median(rounds.map(({ promotion: { own, seconds } }) => own / seconds)),
    sessions: { most: Math.max(...sessions), typical: median(sessions) },
  };
}
