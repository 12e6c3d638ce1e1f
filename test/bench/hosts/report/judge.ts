/** Figures drawn from what was measured, each held against what is asked of it. */
import { median } from "../../figures.ts";
import type { Measured, OneHostRound, TimeFigures, TrafficFigures, Way } from "../figures.ts";

/** A figure, and whether it is as it should be. */
export interface Judged {
  what: string;
  value: number;
  unit: string;
  /** What it may be at most. */
  most: number;
  holds: boolean;
  /** How it came about. */
  from: string;
}

/** What the bare script and the engine alone need. */
export const leastOf = ({ bare, preview, update }: OneHostRound): number => bare + preview + update;

const of = <T>(items: readonly T[], value: (item: T) => number) => median(items.map(value));

const judge = (what: string, value: number, unit: string, most: number, from: string): Judged => ({
  what,
  value,
  unit,
  most,
  // Nothing measured is not a pass.
  holds: value <= most,
  from,
});

const s = (value: number) => `${value.toFixed(2)} s`;

/** Ways in which no request may be dropped, and how many have to be sent for that to say something. */
const whole: Partial<Record<Way, number>> = {
  rolling: 20_000,
  blueGreen: 20_000,
  canary: 20_000,
  kill: 4000,
};

/** At least so much of the rate has to be reached. */
const kept = 0.98;

function judgeTraffic({ rate, ways }: TrafficFigures): Judged[] {
  return Object.entries(whole).flatMap(([name, least]) => {
    const { requests, dropped, rate: reached, withheld, p50, p99 } = ways[name as Way];
    const from = `${requests} requests (${least} asked for), ${reached.toFixed(0)} a second, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(0)} ms`;
    const missing = Math.max(0, least - requests) + (reached < rate * kept ? 1 : 0) + withheld;
    return [
      judge(`dropped, ${name}`, dropped, "requests", 0, from),
      ...(missing > 0 ? [judge(`not sent as they should be, ${name}`, missing, "requests", 0, from)] : []),
    ];
  });
}

/** Ratios and seconds of promotions. NaN where nothing was measured. */
export function ratiosOf({ oneHost, sixServices, slowLink, fourHosts }: TimeFigures) {
  const one = of(oneHost, ({ promotion }) => promotion);
  return {
    oneHost: of(oneHost, (round) => round.promotion / leastOf(round)),
    sixServices: of(sixServices, ({ plain, other }) => other / plain),
    fourHosts: median(fourHosts) / one,
    seconds: one,
    added: of(slowLink, ({ plain, other }) => other - plain),
  };
}

function judgeTimes(times: TimeFigures): Judged[] {
  const { oneHost, sixServices, fourHosts, seconds, added } = ratiosOf(times);
  const rounds = times.oneHost;
  const bare = of(rounds, (round) => round.bare);
  const [preview, update] = [of(rounds, (round) => round.preview), of(rounds, (round) => round.update)];
  const six = times.sixServices;
  const sixFrom = `${s(of(six, ({ other }) => other))} to ${s(of(six, ({ plain }) => plain))}`;
  const slow = times.slowLink;
  const slowFrom = `${s(of(slow, ({ other }) => other))} to ${s(of(slow, ({ plain }) => plain))}`;
  return [
    judge(
      "one service to one host",
      oneHost,
      "times the least",
      1.25,
      `${s(seconds)} to ${s(bare)} + ${s(preview)} + ${s(update)}`,
    ),
    judge("six services", sixServices, "times one", 1.5, sixFrom),
    judge("four hosts", fourHosts, "times one", 1.6, `${s(median(times.fourHosts))} to ${s(seconds)}`),
    judge(
      "SSH connections a host",
      Math.max(...times.sessions),
      "at most",
      3,
      `of ${times.sessions.length} counted`,
    ),
    judge("100 ms more a round trip", added, "s more", 2, slowFrom),
  ];
}

/** Everything that was measured. */
export function judged({ traffic, times, now }: Measured): Judged[] {
  return [
    ...(traffic ? judgeTraffic(traffic) : []),
    ...(times ? judgeTimes(times) : []),
    ...(now
      ? [
          judge("rollback --now", median(now.plain), "s", 1, `${now.hosts} hosts, by the answers`),
          judge("rollback --now, 100 ms", median(now.slow), "s", 2, `${now.hosts} hosts, by the answers`),
        ]
      : []),
  ];
}

/** Requests that were dropped where none may be. */
export const wronglyDropped = ({ traffic }: Measured): number =>
  traffic ? Object.keys(whole).reduce((sum, way) => sum + traffic.ways[way as Way].dropped, 0) : 0;
