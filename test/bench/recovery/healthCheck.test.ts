import { expect, it } from "vitest";
import { BenchFailure } from "../failure.ts";
import { healthCheckOf } from "./healthCheck.ts";

it("reads a service's health check through the compose file's anchors", () => {
  const { interval, retries } = healthCheckOf("web");
  expect(interval).toBeGreaterThan(0);
  expect(retries).toBeGreaterThan(0);
  expect(healthCheckOf("api")).toEqual({ interval, retries });
});

it("refuses a service that has none", () => {
  expect(() => healthCheckOf("migrator")).toThrow(BenchFailure);
});
