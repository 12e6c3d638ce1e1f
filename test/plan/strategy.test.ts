import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  defaultStrategy,
  hostCount,
  type Strategy,
  stagesOf,
  strategySchema,
} from "../../src/plan/strategy.ts";

const parse = (value: unknown): Strategy => strategySchema.parse(value);
const shares = (strategy: unknown, hosts: number) =>
  stagesOf(parse(strategy), hosts, false).map((stage) => [hostCount(stage.hosts, hosts), stage.traffic]);

describe("stages of a rollout", () => {
  test.each([
    [{ type: "recreate" }, 4, [[4, 100]]],
    [{ type: "blueGreen" }, 4, [[4, 100]]],
    [
      { type: "rolling" },
      4,
      [
        [1, 100],
        [2, 100],
        [3, 100],
        [4, 100],
      ],
    ],
    [{ type: "rolling" }, 1, [[1, 100]]],
    [
      { type: "rolling", batch: 50 },
      3,
      [
        [2, 100],
        [3, 100],
      ],
    ],
    [{ type: "rolling", batch: 100 }, 3, [[3, 100]]],
    [
      { type: "canary" },
      2,
      [
        [2, 5],
        [2, 50],
        [2, 100],
      ],
    ],
    [
      { type: "canary", steps: [{ traffic: 10 }] },
      1,
      [
        [1, 10],
        [1, 100],
      ],
    ],
  ])("%o on %i hosts", (strategy, hosts, expected) => expect(shares(strategy, hosts)).toEqual(expected));

  test("a first release comes everywhere at once", () => {
    for (const type of ["recreate", "blueGreen", "rolling", "canary"])
      expect(stagesOf(parse({ type }), 7, true)).toEqual([{ hosts: 100, traffic: 100, pause: 0 }]);
  });

  test("waves grow by at most a batch, end with every host, and none is empty", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 100 }), (hosts, batch) => {
        const counts = shares({ type: "rolling", batch }, hosts).map(([count]) => count ?? 0);
        const steps = counts.map((count, i) => count - (counts[i - 1] ?? 0));
        expect(counts.at(-1)).toBe(hosts);
        expect(Math.min(...steps)).toBeGreaterThan(0);
        expect(Math.max(...steps)).toBeLessThanOrEqual(Math.max(1, Math.ceil((hosts * batch) / 100)));
      }),
    );
  });

  test.each([
    [{ type: "canary", steps: [{ traffic: 50 }, { traffic: 50 }] }],
    [{ type: "canary", steps: [{ traffic: 100 }] }],
    [{ type: "canary", steps: [] }],
    [{ type: "canary", analysis: { prometheus: [{ url: "https://prometheus.example.com", query: "up" }] } }],
    [{ type: "rolling", batch: 0 }],
    [{ type: "surge" }],
  ])("refuses %o", (strategy) => expect(strategySchema.safeParse(strategy).success).toBe(false));

  test("beside the old release where there is an edge", () => {
    expect(defaultStrategy({}).type).toBe("blueGreen");
    expect(defaultStrategy(undefined).type).toBe("recreate");
  });
});
