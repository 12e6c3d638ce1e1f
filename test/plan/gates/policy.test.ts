import { describe, expect, it } from "vitest";
import { gatePolicySchema } from "../../../src/plan/gates/policy.ts";

const weekly = { days: ["fri"], from: "16:00", to: "24:00", reason: "weekend" };
const once = { from: "2026-12-23T16:00:00+01:00", to: "2027-01-02T08:00:00+01:00", reason: "holidays" };

describe("gatePolicySchema", () => {
  it("has the specification's figures as defaults", () => {
    expect(gatePolicySchema.parse(undefined)).toEqual({
      tests: { required: false },
      soak: 0,
      freezes: [],
      drift: "refuse",
      limits: { promotionsPer: { count: 1, seconds: 300 }, rollbacksPerHour: 3, concurrent: 2 },
      wayBack: "required",
      timezone: "UTC",
    });
  });

  it.each([weekly, once, { ...weekly, timezone: "America/New_York" }, { ...weekly, to: "08:00" }])(
    "takes %j",
    (freeze) => {
      expect(gatePolicySchema.safeParse({ freezes: [freeze] }).success).toBe(true);
    },
  );

  it.each([
    [{ ...weekly, from: "24:00" }, "from"],
    [{ ...weekly, from: "25:00" }, "from"],
    [{ ...weekly, to: "8:00" }, "to"],
    [{ ...weekly, from: once.from }, "from"],
    [{ ...weekly, days: [] }, "days"],
    [{ ...weekly, days: ["friday"] }, "days"],
    [{ ...weekly, timezone: "Mars/Olympus" }, "timezone"],
    [{ ...weekly, timezone: "+01:00" }, "timezone"],
    [{ ...weekly, reason: " " }, "reason"],
    [{ ...once, from: "2026-12-23T16:00:00" }, "from"],
    [{ ...once, from: "16:00" }, "from"],
    [{ ...once, to: once.from }, "to"],
    [{ ...once, timezone: "Europe/Berlin" }, "timezone"],
  ])("refuses %j", (freeze, key) => {
    const parsed = gatePolicySchema.safeParse({ freezes: [freeze] });
    expect(parsed.error?.issues.map((issue) => issue.path[2])).toContain(key);
  });

  it.each([
    { soak: -1 },
    { limits: { concurrent: 0 } },
    { limits: { rollbacksPerHour: 0 } },
    { limits: { promotionsPer: { count: 0 } } },
    { drift: "ignore" },
    { timezone: "" },
    { soaks: 1 },
  ])("refuses %j", (input) => {
    expect(gatePolicySchema.safeParse(input).success).toBe(false);
  });
});
