import type { Course } from "../../../src/plan/metrics/course.ts";
import { release } from "../../releases.ts";

export const now = new Date("2026-06-30T12:00:00Z");

/** Minutes before `now`. */
export const ago = (minutes: number): Date => new Date(now.getTime() - minutes * 60_000);

let count = 0;

/** A promotion into production that began so many minutes ago, and ended four minutes later. */
export function course(
  minutes: number,
  status: NonNullable<Course["ended"]>["status"],
  change: Partial<Course> = {},
): Course {
  count += 1;
  return {
    environment: "production",
    promotion: `p${count}`,
    kind: "promote",
    release: { ...release(`1.${count}.0`), createdAt: ago(minutes + 56).toISOString() },
    began: ago(minutes),
    touched: ago(minutes - 1),
    ...(status !== "Completed" && { failed: ago(minutes - 2) }),
    ...(status === "RolledBack" && { wentBack: ago(minutes - 3) }),
    ended: { at: ago(minutes - 4), status, seconds: 240 },
    ...change,
  };
}

/** A person goes back, so many minutes ago; it takes three. */
export function wayBack(minutes: number): Course {
  const { touched: _, failed: _failed, ...rest } = course(minutes, "RolledBack", { kind: "rollback" });
  return {
    ...rest,
    wentBack: ago(minutes),
    ended: { at: ago(minutes - 3), status: "RolledBack", seconds: 180 },
  };
}
