import type { Bin, Tally } from "./load/reading.ts";

/** How requests fared while releases changed. */
export interface TrafficFigures {
  /** Requests a second that were asked for. */
  rate: number;
  /** By what was done; `kill` is a container that was killed. */
  ways: Record<Way, Tally>;
  /** For charts: one switch forward, in stretches of 100 ms. */
  courses: Partial<Record<Way, Bin[]>>;
}

export const ways = ["recreate", "rolling", "blueGreen", "canary", "kill"] as const;

export type Way = (typeof ways)[number];

/** One promotion, and what it is held against, measured in the same minute. Seconds. */
export interface OneHostRound {
  /** From the command's start until it is verified, and to the end of its process. */
  promotion: number;
  process: number;
  bare: number;
  /** The engine's own command line, with nothing to do. */
  preview: number;
  update: number;
  steps: Step[];
}

export interface Step {
  name: string;
  seconds: number;
  own: number;
}

/** How long promotions take. Seconds; a list has one figure a round. */
export interface TimeFigures {
  oneHost: OneHostRound[];
  /** Pairs, one right after the other: on one host, and with the other thing that is compared. */
  sixServices: Pair[];
  slowLink: Pair[];
  /** Held against one host as it was measured before. */
  fourHosts: number[];
  /** SSH connections that logged in, by host and promotion. */
  sessions: number[];
}

/** A promotion of one service to one host, and one that differs in one thing. */
export interface Pair {
  plain: number;
  other: number;
}

/** Seconds from the command to the last host's last answer by the release that was left. */
export interface NowFigures {
  hosts: number;
  plain: number[];
  slow: number[];
}

export interface Measured {
  traffic?: TrafficFigures;
  times?: TimeFigures;
  now?: NowFigures;
}
