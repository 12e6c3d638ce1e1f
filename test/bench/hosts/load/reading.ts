/** What recordings say. */
import { kinds, outcomes, type Recording } from "./recording.ts";

/** What became of the requests of one load, or of several. */
export interface Tally {
  requests: number;
  dropped: number;
  /** Dropped requests by how they ended, and by how they were made. Nothing is listed that did not happen. */
  outcomes: Record<string, number>;
  kinds: Record<string, number>;
  /** Sent a second, over the whole load; requests that had to be withheld are not among them. */
  rate: number;
  withheld: number;
  /** Milliseconds of requests that were answered at once. */
  p50: number;
  p99: number;
}

/** A quantile of numbers that are sorted; NaN of none. */
export const quantile = (sorted: ArrayLike<number>, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

const bump = (counts: Record<string, number>, name: string | undefined) => {
  if (name !== undefined) counts[name] = (counts[name] ?? 0) + 1;
};

/** Whether the service answers such a request at once. */
const isQuick = (kind: number | undefined) => kinds[kind ?? 0] !== "300 ms";

/** Counts. Every outcome but the first is a dropped request. */
export function tally(recordings: readonly Recording[]): Tally {
  const counted: Tally = {
    requests: 0,
    dropped: 0,
    outcomes: {},
    kinds: {},
    rate: 0,
    withheld: 0,
    p50: Number.NaN,
    p99: Number.NaN,
  };
  const quick: number[] = [];
  let duration = 0;
  for (const { sent, ended, kind, outcome, withheld } of recordings) {
    counted.requests += sent.length;
    counted.withheld += withheld;
    duration += sent.at(-1) ?? 0;
    for (let i = 0; i < sent.length; i++) {
      if (outcome[i] === 0) {
        if (isQuick(kind[i])) quick.push((ended[i] ?? 0) - (sent[i] ?? 0));
        continue;
      }
      counted.dropped += 1;
      bump(counted.outcomes, outcomes[outcome[i] ?? 0]);
      bump(counted.kinds, kinds[kind[i] ?? 0]);
    }
  }
  const sorted = Float64Array.from(quick).sort();
  counted.rate = duration === 0 ? 0 : (counted.requests * 1000) / duration;
  return { ...counted, p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) };
}

/**
 * When the last answer of any other version than this came: milliseconds since 1970. From then on everybody was answered by it.
 * Slow requests do not count: they had been handed to the version that was left before.
 * @returns `undefined` when nobody was answered by another one, or nobody by this one
 */
export function lastOther(recording: Recording, version: string): number | undefined {
  const { begun, ended, kind, versions } = recording;
  const wanted = versions.indexOf(version);
  let last: number | undefined;
  let seen = false;
  for (let i = 0; i < ended.length; i++) {
    if (recording.outcome[i] !== 0 || !isQuick(kind[i])) continue;
    if (recording.version[i] === wanted) seen = true;
    else last = Math.max(last ?? 0, ended[i] ?? 0);
  }
  return seen && last !== undefined ? begun + last : undefined;
}

/** What happened in one stretch of time. */
export interface Bin {
  /** Its beginning, milliseconds since the load's. */
  at: number;
  /** Sent in it. */
  requests: number;
  dropped: number;
  /** Milliseconds of the quick ones that were answered; NaN when none was. */
  p50: number;
  p99: number;
  /** Answers by version. */
  versions: Record<string, number>;
}

/** A recording in stretches of so many milliseconds, by when requests were sent. */
export function binned(recording: Recording, width: number): Bin[] {
  const { sent, ended, kind, outcome, version, versions } = recording;
  const bins: Bin[] = [];
  const quick: number[][] = [];
  for (let i = 0; i < sent.length; i++) {
    const index = Math.floor((sent[i] ?? 0) / width);
    while (bins.length <= index) {
      bins.push({
        at: bins.length * width,
        requests: 0,
        dropped: 0,
        p50: Number.NaN,
        p99: Number.NaN,
        versions: {},
      });
      quick.push([]);
    }
    const bin = bins[index];
    if (!bin) continue;
    bin.requests += 1;
    if (outcome[i] !== 0) {
      bin.dropped += 1;
      continue;
    }
    bump(bin.versions, versions[version[i] ?? 0]);
    if (isQuick(kind[i])) quick[index]?.push((ended[i] ?? 0) - (sent[i] ?? 0));
  }
  return bins.map((bin, index) => {
    const sorted = (quick[index] ?? []).sort((a, b) => a - b);
    return { ...bin, p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) };
  });
}
