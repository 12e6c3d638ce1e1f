import { BenchFailure } from "../failure.ts";
import type { RecoveryCase, RecoveryFigures } from "../figures.ts";
import type { Probe } from "./probe.ts";

/** What was seen of one bad release. Times are milliseconds since 1970. */
export interface Sighting {
  /** All probes, by time. */
  probes: readonly Probe[];
  /** When the promotion began. */
  began: number;
  /** When the driver said that a step failed. */
  failed: number;
  /** When a container of the release first ended by itself. */
  exited?: number | undefined;
  /** Seconds of the way back's update. */
  update: number;
  check: RecoveryFigures["check"];
}

type Judged = Omit<RecoveryCase, "name" | "code" | "steps">;

const secondsBetween = (from: number, to: number) => (to - from) / 1000;

/** From when on each endpoint answered every probe; undefined while one of them was not asked again. */
function goodFrom(probes: readonly Probe[], last: number): number | undefined {
  const firstGood = new Map<string, number>();
  for (const { url, at } of probes) if (at > last && !firstGood.has(url)) firstGood.set(url, at);
  const all = new Set(probes.map(({ url }) => url));
  return firstGood.size === all.size ? Math.max(...firstGood.values()) : undefined;
}

/**
 * Draws the figures of a case from what was seen.
 * @throws BenchFailure when they would mean nothing: failures before the promotion, none at all, or no good answer at the end
 */
export function judge({ probes, began, failed, exited, update, check }: Sighting): Judged {
  const failing = probes.filter(({ problem }) => problem !== undefined);
  const [first, last] = [failing[0], failing.at(-1)];
  if (!first || !last) throw new BenchFailure("expected the public to see failing answers, it saw none");
  if (first.at < began)
    throw new BenchFailure(`expected good answers before the promotion, ${first.url}: ${first.problem}`);
  const good = goodFrom(probes, last.at);
  if (good === undefined)
    throw new BenchFailure(`expected good answers at the end, the last of ${last.url}: ${last.problem}`);
  const recovery = secondsBetween(first.at, good);
  const bound = 2 * check.interval * check.retries + update;
  return {
    probes: probes.length,
    failing: failing.length,
    outage: secondsBetween(first.at, last.at),
    detection: secondsBetween(first.at, failed),
    recovery,
    update,
    bound,
    holds: recovery <= bound,
    ...(exited !== undefined && { exitKnown: secondsBetween(exited, failed) }),
  };
}
