import { z } from "zod";

/** How a release takes the place of another: `liftlock:strategy`. Times are seconds, shares are per cent. */

const share = z.int().min(1).max(99);

const prometheusQuery = z
  .strictObject({
    /** Base address of a Prometheus server. */
    url: z.url("expected an address such as https://prometheus.example.com"),
    /** Instant query with one number as its answer. `$slot` and `$window` stand for the candidate's slot and the step's seconds. */
    query: z.string().min(1),
    /** The answer may not be below it. */
    min: z.number().optional(),
    /** The answer may not be above it. */
    max: z.number().optional(),
  })
  .refine((query) => query.min !== undefined || query.max !== undefined, "expected min or max, or both");

/** What a canary is measured by, against the release that it would replace. Absent data never passes. */
const analysis = z
  .strictObject({
    /** Requests that the candidate must have answered in a step; with less there is no verdict. */
    requests: z.int().min(1).default(50),
    /** Seconds to wait for them, beyond a step's pause. */
    patience: z.int().min(0).max(86_400).default(300),
    /** Per cent of the candidate's answers that may be 5xx. */
    errors: z.number().min(0).max(100).default(1),
    /** Percentage points by which they may exceed the other release's. */
    moreErrors: z.number().min(0).max(100).default(0.5),
    /** How many times as slow as the other release's the candidate's 95th and 99th percentiles may be. */
    slower: z.number().min(1).default(1.5),
    /** Milliseconds below which no percentile is too slow. */
    fast: z.int().min(0).default(100),
    /** Milliseconds that the 99th percentile may reach; default: no limit but `slower`. */
    slowest: z.int().min(1).optional(),
    prometheus: z.array(prometheusQuery).default([]),
  })
  .prefault({});

export type AnalysisPolicy = z.output<typeof analysis>;

/** Seconds for which a step or wave is watched before the next one. */
const pause = z.int().min(0).max(86_400);

export const strategySchema = z.discriminatedUnion("type", [
  /** In place: the old release ends before the new one begins. */
  z.strictObject({ type: z.literal("recreate") }),
  /** Beside the old release on every host; all traffic moves in one update. Needs `edge`. */
  z.strictObject({ type: z.literal("blueGreen") }),
  /** Hosts in waves, each watched before the next. Needs `edge`. */
  z.strictObject({
    type: z.literal("rolling"),
    /** Per cent of the hosts in one wave, one host at least. */
    batch: z.int().min(1).max(100).default(25),
    pause: pause.default(10),
  }),
  /** Beside the old release on every host; traffic moves step by step, each measured. Needs `edge`. */
  z.strictObject({
    type: z.literal("canary"),
    /** Rising shares of the requests before all of them. */
    steps: z
      .array(z.strictObject({ traffic: share, pause: pause.default(60) }))
      .min(1)
      .default([
        { traffic: 5, pause: 60 },
        { traffic: 50, pause: 60 },
      ])
      .refine(
        (steps) => steps.every((step, i) => i === 0 || step.traffic > (steps[i - 1]?.traffic ?? 0)),
        "expected rising shares",
      ),
    analysis,
  }),
]);

export type Strategy = z.output<typeof strategySchema>;

/** How far a release has come: per cent of the hosts that have it, and of the requests that it gets there. */
export interface Stage {
  hosts: number;
  traffic: number;
  /** Seconds for which the stage is watched before the next. */
  pause: number;
}

/** Everywhere, for everybody. */
export const whole: Stage = { hosts: 100, traffic: 100, pause: 0 };

/** Hosts that a share of them is, counted from the first. */
export const hostCount = (percent: number, hosts: number): number => Math.ceil((hosts * percent) / 100);

/** Waves in hosts, as shares from which `hostCount` makes the same number again. */
function waves(hosts: number, batch: number): number[] {
  const each = Math.max(1, hostCount(batch, hosts));
  const counts = Array.from({ length: Math.ceil(hosts / each) }, (_, i) => Math.min(hosts, (i + 1) * each));
  return counts.map((count) => Math.floor((count * 100) / hosts));
}

/**
 * The stages of a rollout, one stack update each; the last one is `whole`.
 * @param hosts how many there are
 * @param first nothing runs there yet: there is nothing to be careful of
 */
export function stagesOf(strategy: Strategy, hosts: number, first: boolean): Stage[] {
  if (first) return [whole];
  switch (strategy.type) {
    case "recreate":
    case "blueGreen":
      return [whole];
    case "rolling":
      return waves(hosts, strategy.batch).map((share) => ({
        hosts: share,
        traffic: 100,
        pause: share === 100 ? 0 : strategy.pause,
      }));
    case "canary":
      return [...strategy.steps.map(({ traffic, pause }) => ({ hosts: 100, traffic, pause })), whole];
  }
}

/** What is done where nothing is configured: beside the old release where there is an edge, else in place. */
export const defaultStrategy = (edge: unknown): Strategy => ({
  type: edge === undefined ? "recreate" : "blueGreen",
});
