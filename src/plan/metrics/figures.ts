import { type Course, came, failedHere, isChange } from "./course.ts";

/** The middle and the slow end of times; seconds. */
export interface Times {
  median: number;
  p95: number;
}

/** What an environment's courses come to over a time. What there was nothing to compute of is absent: no zero stands for "unknown". */
export interface Figures {
  environment: string;
  /** Days that are looked at. */
  days: number;
  /** Promotions and deployments that ended, by how; those that wait for people are left out. */
  deployments: { completed: number; failed: number; rolledBack: number; cancelled: number };
  /** Completed ones a day. */
  frequency: number;
  /** Completed ones of all that ended, without those that people cancelled; 0 to 1. */
  success?: number;
  /** From when a release was built until it was verified here. */
  leadTime?: Times;
  /** Changes that failed here, or were taken back by a person afterwards, of all that touched the environment; 0 to 1. */
  changeFailure?: number;
  /** From the first failure, or a person's wish to go back, until something verified ran again. */
  recovery?: Times;
  /** Completed ones that came because the one before them had failed or was taken back; 0 to 1. */
  rework?: number;
  /** Of completed ones, from begin to end; waiting for people is not counted. */
  promotion?: Times;
  /** Ways back that began, by themselves or by a person. */
  rollbacks: number;
}

/** The nearest-rank quantile. */
function at(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(1, Math.ceil(sorted.length * share)) - 1];
}

function timesOf(milliseconds: readonly number[]): Times | undefined {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  const [median, p95] = [at(sorted, 0.5), at(sorted, 0.95)];
  return median === undefined || p95 === undefined ? undefined : { median: median / 1000, p95: p95 / 1000 };
}

const ratio = (part: number, whole: number): number | undefined => (whole === 0 ? undefined : part / whole);

/** The courses that touched an environment and are over, oldest first: between them nothing of ours changed it. */
const touching = (courses: readonly Course[]): Course[] =>
  courses
    .filter((course) => course.ended && (course.touched !== undefined || came(course) || course.wentBack))
    .sort((a, b) => a.began.getTime() - b.began.getTime());

/** A person took back what had come. */
const takenBack = (next: Course | undefined): boolean =>
  next?.kind === "rollback" && next.ended?.status === "RolledBack";

/** When something verified ran again after a failure. */
function recovered(all: readonly Course[], from: number): Date | undefined {
  const course = all[from];
  if (course?.ended?.status === "RolledBack") return course.ended.at;
  return all
    .slice(from + 1)
    .find(({ ended }) => ended?.status === "RolledBack" || ended?.status === "Completed")?.ended?.at;
}

/**
 * The figures of one environment.
 * @param courses all that are known of it; those before the time are needed to judge the first in it
 * @param days looked at, back from `now`
 */
export function figuresOf(environment: string, courses: readonly Course[], now: Date, days: number): Figures {
  const own = courses.filter((course) => course.environment === environment);
  const since = now.getTime() - days * 86_400_000;
  const within = (time: Date | undefined) => time !== undefined && time.getTime() > since && time <= now;
  const ended = own.filter((course) => isChange(course) && within(course.ended?.at));
  const count = (status: string) => ended.filter((course) => course.ended?.status === status).length;
  const completed = ended.filter(came);
  const all = touching(own);
  const changes = [...all.entries()].filter(([, course]) => isChange(course) && within(course.ended?.at));
  const bad = changes.filter(([index, course]) => failedHere(course) || takenBack(all[index + 1]));
  const reworked = changes.filter(([index, course]) => {
    const before = all[index - 1];
    return came(course) && before !== undefined && (failedHere(before) || takenBack(before));
  });
  const recoveries = [...all.entries()].flatMap(([index, course]) => {
    const before = all[index - 1];
    // Taken back after it had failed: that is one recovery, counted from the failure.
    if (course.kind === "rollback" && before && failedHere(before) && before.ended?.status === "Failed")
      return [];
    const begun = course.kind === "rollback" ? course.began : failedHere(course) ? course.failed : undefined;
    const end = recovered(all, index);
    return begun && end && within(end) ? [end.getTime() - begun.getTime()] : [];
  });
  const deployments = {
    completed: completed.length,
    failed: count("Failed"),
    rolledBack: count("RolledBack"),
    cancelled: count("Cancelled"),
  };
  const lead = completed.flatMap(({ release, ended: end }) =>
    end ? [end.at.getTime() - Date.parse(release.createdAt)] : [],
  );
  const took = completed.flatMap(({ ended: end }) =>
    end?.seconds === undefined ? [] : [end.seconds * 1000],
  );
  const known = {
    success: ratio(completed.length, completed.length + deployments.failed + deployments.rolledBack),
    leadTime: timesOf(lead),
    changeFailure: ratio(bad.length, changes.length),
    recovery: timesOf(recoveries),
    rework: ratio(reworked.length, completed.length),
    promotion: timesOf(took),
  };
  return {
    environment,
    days,
    deployments,
    frequency: completed.length / days,
    rollbacks: own.filter(({ wentBack }) => within(wentBack)).length,
    ...(Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)) as object),
  };
}
