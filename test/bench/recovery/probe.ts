/** What the prober's process is told, and what it answers. */

/** How the prober goes on. */
export interface ProbePlan {
  urls: string[];
  /** Milliseconds between two probes of an endpoint. */
  interval: number;
  /** Milliseconds for one answer. */
  answer: number;
}

/** One question to one endpoint. */
export interface Probe {
  url: string;
  /** When it was asked, milliseconds since 1970. */
  at: number;
  /** What went wrong; absent for an answer of 2xx. */
  problem?: string;
}

/** The prober's only messages: that it asks, and, once it was told to end, all that it saw. */
export type ProberMessage = { probing: true } | { probes: Probe[] };
