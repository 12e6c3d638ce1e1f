import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { figuresOf } from "../../../src/plan/metrics/figures.ts";
import { ago, course, now, wayBack } from "./courses.ts";

const of = (courses: Parameters<typeof figuresOf>[1], days = 7) =>
  figuresOf("production", courses, now, days);
const hour = 60;
const day = 24 * hour;

describe("figuresOf", () => {
  it("says nothing of what there is nothing of", () => {
    expect(of([])).toEqual({
      environment: "production",
      days: 7,
      deployments: { completed: 0, failed: 0, rolledBack: 0, cancelled: 0 },
      frequency: 0,
      rollbacks: 0,
    });
  });

  it("counts what came, and how long it took from build and from begin", () => {
    const figures = of([
      course(3 * day, "Completed"),
      course(2 * day, "Completed"),
      course(8 * day, "Completed"),
    ]);
    expect(figures).toMatchObject({
      deployments: { completed: 2 },
      frequency: 2 / 7,
      success: 1,
      changeFailure: 0,
      rework: 0,
      leadTime: { median: 3600, p95: 3600 },
      promotion: { median: 240, p95: 240 },
      rollbacks: 0,
    });
    expect(figures).not.toHaveProperty("recovery");
  });

  it("counts what went back as failed, and from the failure to the end as recovery", () => {
    expect(of([course(3 * hour, "Completed"), course(2 * hour, "RolledBack")])).toMatchObject({
      deployments: { completed: 1, rolledBack: 1 },
      success: 0.5,
      changeFailure: 0.5,
      recovery: { median: 120, p95: 120 },
      rollbacks: 1,
    });
  });

  it("counts what a person took back as a change that failed, though it was completed", () => {
    expect(of([course(3 * hour, "Completed"), wayBack(2 * hour)])).toMatchObject({
      success: 1,
      changeFailure: 1,
      recovery: { median: 180 },
      rollbacks: 1,
    });
  });

  it("counts what mends a failure as rework", () => {
    const courses = [
      course(9 * hour, "Completed"),
      course(8 * hour, "RolledBack"),
      course(7 * hour, "Completed"),
      wayBack(6 * hour),
      course(5 * hour, "Completed"),
      course(4 * hour, "Completed"),
    ];
    expect(of(courses).rework).toBe(2 / 4);
  });

  it("recovers from what stayed failed with the next that runs", () => {
    const failed = course(10 * hour, "Failed");
    expect(of([failed, wayBack(9 * hour)]).recovery).toEqual({ median: 3660, p95: 3660 });
  });

  it("does not count what nobody touched as a change, but as no success", () => {
    const { touched: _, ...untouched } = course(hour, "Failed");
    expect(of([course(2 * hour, "Completed"), untouched])).toMatchObject({ success: 0.5, changeFailure: 0 });
  });

  it.each(["Pending", "Cancelled"] as const)("does not hold against anybody what ended %s", (status) => {
    const { touched: _, failed: _f, ...waiting } = course(hour, status);
    expect(of([course(2 * hour, "Completed"), waiting]).success).toBe(1);
  });

  it("looks at its own environment and time, and at what was before only to judge", () => {
    const staging = course(hour, "RolledBack", { environment: "staging" });
    const before = course(25 * hour, "RolledBack");
    expect(of([staging, before, course(2 * hour, "Completed")], 1)).toMatchObject({
      deployments: { completed: 1, rolledBack: 0 },
      changeFailure: 0,
      rework: 1,
      rollbacks: 0,
    });
  });

  it("has the slow end of times apart from their middle", () => {
    const courses = Array.from({ length: 100 }, (_, index) =>
      course(100 + index * 10, "Completed", {
        ended: { at: ago(96 + index * 10), status: "Completed", seconds: index + 1 },
      }),
    );
    expect(of(courses).promotion).toEqual({ median: 50, p95: 95 });
  });

  it("has shares from 0 to 1, and times that are not negative, whatever happened", () => {
    const any = fc
      .tuple(
        fc.integer({ min: 5, max: 40 * day }),
        fc.constantFrom("Completed", "Failed", "RolledBack", "Cancelled", "back"),
      )
      .map(([minutes, what]) => (what === "back" ? wayBack(minutes) : course(minutes, what)));
    fc.assert(
      fc.property(fc.array(any, { maxLength: 20 }), fc.constantFrom(1, 7, 30), (courses, days) => {
        const figures = of(courses, days);
        const shares = [figures.success, figures.changeFailure, figures.rework].filter(
          (one) => one !== undefined,
        );
        const times = [figures.leadTime, figures.recovery, figures.promotion].filter(
          (one) => one !== undefined,
        );
        expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
        expect(times.every(({ median, p95 }) => median >= 0 && p95 >= median)).toBe(true);
      }),
    );
  });
});
