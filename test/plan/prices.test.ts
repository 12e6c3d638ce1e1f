import { expect, test } from "vitest";
import { monthlyPrice } from "../../src/plan/prices.ts";

test.each([
  [1, "s-1vcpu-1gb", false, 6],
  [3, "s-1vcpu-2gb", false, 36],
  [2, "s-2vcpu-4gb", true, 60],
  [2, "gpu-h100x8", false, undefined],
  [2, "toString", true, undefined],
])("%i × %s, balanced: %s: %s dollars", (size, dropletSize, loadBalancer, dollars) => {
  expect(monthlyPrice({ size, dropletSize, loadBalancer })).toBe(dollars);
});
