import type { Entry } from "../ledger/entry.ts";
import type { Course } from "../plan/metrics/course.ts";
import { type Figures, figuresOf } from "../plan/metrics/figures.ts";
import {
  type BackupFigure,
  type PinnedFigure,
  prometheusText,
  type StorageFigure,
} from "../plan/metrics/prometheus.ts";
import { backupFigure } from "./backupNotes.ts";
import { lastStorage } from "./cleanupJournal.ts";
import type { DriverContext } from "./context.ts";
import { nameOf } from "./run.ts";

/** What the ledger says of all environments. */
export interface MetricsReport {
  /** Of each environment, over the last day, week and month. */
  figures: Figures[];
  /** What each environment is meant to run. */
  pinned: PinnedFigure[];
  /** What images take up; absent before the first clean-up. */
  storage?: StorageFigure;
  /** Of environments whose journal tells of backups or drills. */
  backups: BackupFigure[];
}

/** Days that figures are of: an alert looks at one, people at the others. */
const windows = [1, 7, 30] as const;

/** What ended a promotion whose driver was killed: the journal says so under both names. */
const endedBy = /^ended by (\S+)$/;

/** One course for each promotion that began in an environment. What `resume` finished is told of what it finished. */
export function coursesOf(environment: string, entries: readonly Entry[]): Course[] {
  const courses = new Map<string, Course>();
  const finishedBy = new Map<string, string>();
  for (const entry of entries) {
    if (!("promotion" in entry) || entry.promotion === undefined) continue;
    const at = new Date(entry.time);
    if (entry.entry === "started") {
      const { promotion, kind, release } = entry;
      courses.set(promotion, { environment, promotion, kind, release, began: at });
      continue;
    }
    const course = courses.get(entry.promotion);
    if (!course) continue;
    if (entry.entry === "intent" && entry.step === "candidate") course.touched ??= at;
    else if (entry.entry === "intent" && entry.step === "revert") course.wentBack ??= at;
    else if (entry.entry === "failed") course.failed ??= at;
    else if (entry.entry === "ended") {
      const { status, seconds, reason } = entry;
      course.ended = { at, status, ...(seconds !== undefined && { seconds }) };
      const by = reason?.code === "Interrupted" ? endedBy.exec(reason.message)?.[1] : undefined;
      if (by !== undefined) finishedBy.set(course.promotion, by);
    }
  }
  for (const [promotion, by] of finishedBy) {
    const [course, resumed] = [courses.get(promotion), courses.get(by)];
    if (course && resumed?.kind === "resume" && resumed.ended) course.ended = { ...resumed.ended };
  }
  return [...courses.values()];
}

/**
 * Figures of the delivery, from the ledger of every environment. Changes nothing, and asks no host.
 * @throws Failure `LedgerUnavailable`, `LedgerCorrupted`, `ConfigInvalid`
 */
export async function metrics(context: DriverContext): Promise<MetricsReport> {
  const ledger = await context.ledger();
  const names = context.workspace.environments();
  const now = context.now();
  const journals = await Promise.all(names.map(async (name) => [name, await ledger.read(name)] as const));
  const courses = journals.flatMap(([name, entries]) => coursesOf(name, entries));
  const backups = journals.flatMap(([name, entries]) => backupFigure(name, entries) ?? []);
  const pinned = names.flatMap((environment): PinnedFigure[] => {
    const { release } = context.workspace.input(environment).file.pin();
    return release ? [{ environment, ...nameOf(release) }] : [];
  });
  const storage = await lastStorage(ledger);
  const figures = names.flatMap((name) => windows.map((days) => figuresOf(name, courses, now, days)));
  return { figures, pinned, ...(storage && { storage }), backups };
}

/** The report in Prometheus's text format. */
export const metricsText = ({ figures, pinned, storage, backups }: MetricsReport): string =>
  prometheusText(figures, pinned, storage, backups);
