/** Which snapshots stay: the last of each of so many days, weeks and months. */
import type { Named } from "./repository.ts";

export interface Keep {
  daily: number;
  weekly: number;
  monthly: number;
  /** Milliseconds before the newest, within which all stay; default none. */
  within?: number;
}

/** The Thursday of a day's week: weeks belong to the year in which that is (ISO 8601). */
function week(time: string): string {
  const day = new Date(time);
  day.setUTCDate(day.getUTCDate() - ((day.getUTCDay() + 6) % 7) + 3);
  return day.toISOString().slice(0, 10);
}

const spans: Record<"daily" | "weekly" | "monthly", (time: string) => string> = {
  daily: (time) => time.slice(0, 10),
  weekly: week,
  monthly: (time) => time.slice(0, 7),
};

/** Ids of those that stay. @param snapshots oldest first */
export function keptSnapshots(snapshots: readonly Named[], keep: Keep): Set<string> {
  const newest = Date.parse(snapshots.at(-1)?.time ?? "");
  const recent = snapshots.filter(({ time }) => newest - Date.parse(time) < (keep.within ?? 0));
  const kept = new Set(recent.map(({ id }) => id));
  for (const name of ["daily", "weekly", "monthly"] as const) {
    const seen = new Set<string>();
    for (const { id, time } of snapshots.toReversed()) {
      const span = spans[name](time);
      if (seen.has(span) || seen.size >= keep[name]) continue;
      seen.add(span);
      kept.add(id);
    }
  }
  return kept;
}
