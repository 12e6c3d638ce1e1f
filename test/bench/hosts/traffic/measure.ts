/** Requests while releases change: forward and back, each way of changing, on the same hosts. */
import { setTimeout as sleep } from "node:timers/promises";
import { BenchFailure } from "../../failure.ts";
import type { TrafficFigures, Way } from "../figures.ts";
import { Load } from "../load/client.ts";
import { binned, type Tally, tally } from "../load/reading.ts";
import type { Recording } from "../load/recording.ts";
import { front } from "../site/application.ts";
import { Bare, ports } from "../site/bare.ts";
import type { Droplets } from "../site/droplets.ts";
import { endings, killed } from "./kill.ts";

/** Seconds for which requests are sent at least, each way: twice that is 20,000 requests. */
const least = 10.5;

/** Seconds before a change, and after it. */
const calm = 1;

/** Stretches of a chart, milliseconds. */
const stretch = 100;

/** Strategies as they are measured: waits are short, and a canary's limits leave room for a machine that does everything at once. */
const strategies = {
  rolling: { type: "rolling", batch: 25, pause: 1 },
  blueGreen: { type: "blueGreen" },
  canary: {
    type: "canary",
    steps: [
      { traffic: 5, pause: 3 },
      { traffic: 50, pause: 3 },
    ],
    analysis: { slower: 20, fast: 3000 },
  },
} as const;

type Target = { address: string; port: number };

/** Sends requests while something is done, and for a while before and after. */
async function underLoad(
  targets: readonly Target[],
  rate: number,
  work: () => Promise<unknown>,
): Promise<Recording> {
  using load = await Load.start({ targets, rate, most: rate * 600 });
  const begun = performance.now();
  await sleep(calm * 1000);
  try {
    await work();
  } catch (cause) {
    const { dropped, requests, outcomes } = tally([await load.stop()]);
    throw new BenchFailure(
      `${String(cause)}\nUntil then ${dropped} of ${requests} requests were dropped: ${JSON.stringify(outcomes)}`,
    );
  }
  const rest = least * 1000 - (performance.now() - begun);
  await sleep(Math.max(calm * 1000, rest));
  return await load.stop();
}

/** A release comes by a strategy, and goes again. */
async function thereAndBack(
  droplets: Droplets,
  name: keyof typeof strategies,
  rate: number,
): Promise<Recording[]> {
  droplets.strategy(strategies[name]);
  await droplets.stageNew("loaded");
  const { http: port } = droplets.world.ports;
  const targets = droplets.droplets.map(({ address }) => ({ address, port }));
  const forward = await underLoad(targets, rate, () => droplets.promote());
  const back = await underLoad(targets, rate, () => droplets.rollback());
  return [forward, back];
}

/** Compose alone, which ends the old container before it starts the new one. */
async function recreated(droplets: Droplets, rate: number): Promise<Recording> {
  const bare = await Bare.prepare(droplets);
  const [before, after] = [await droplets.build("loaded"), await droplets.build("loaded")];
  await bare.recreate(before.images[front] ?? "");
  const target = { address: droplets.first.address, port: ports.recreate };
  const recording = await underLoad([target], rate, () => bare.recreate(after.images[front] ?? ""));
  await bare.end("recreate");
  return recording;
}

async function allKilled(droplets: Droplets, rate: number): Promise<Recording[]> {
  droplets.strategy(strategies.blueGreen);
  // The release that is left stays warm.
  await droplets.stageNew("loaded");
  await droplets.promote();
  const recordings: Recording[] = [];
  for (const ending of Object.keys(endings) as (keyof typeof endings)[])
    recordings.push(await killed(droplets, ending, rate, 4.2));
  return recordings;
}

const describe = (way: Way, { dropped, requests, rate: reached, outcomes }: Tally) =>
  `${way}: ${dropped} of ${requests} requests dropped${dropped > 0 ? ` (${JSON.stringify(outcomes)})` : ""}, ${reached.toFixed(0)} a second`;

/**
 * @param rate requests a second, over all hosts
 * @param say told what goes on
 */
export async function measureTraffic(
  droplets: Droplets,
  rate: number,
  say: (text: string) => void,
): Promise<TrafficFigures> {
  const [rolling, blueGreen, canary] = ["rolling", "blueGreen", "canary"] as const;
  await droplets.stageNew("loaded");
  droplets.strategy(strategies.blueGreen);
  await droplets.promote();
  const measures: Record<Way, () => Promise<Recording[]>> = {
    recreate: async () => [await recreated(droplets, rate)],
    rolling: () => thereAndBack(droplets, rolling, rate),
    blueGreen: () => thereAndBack(droplets, blueGreen, rate),
    canary: () => thereAndBack(droplets, canary, rate),
    kill: () => allKilled(droplets, rate),
  };
  const [tallies, courses]: [Partial<Record<Way, Tally>>, TrafficFigures["courses"]] = [{}, {}];
  for (const [way, measure] of Object.entries(measures) as [Way, () => Promise<Recording[]>][]) {
    const recordings = await measure();
    tallies[way] = tally(recordings);
    if (recordings[0]) courses[way] = binned(recordings[0], stretch);
    say(describe(way, tallies[way]));
  }
  return { rate, ways: tallies as TrafficFigures["ways"], courses };
}
