import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CheckResult } from "../../../../../rehearsal/host/edge/balance/check-result.ts";
import { Pool } from "../../../../../rehearsal/host/edge/balance/pool.ts";
import { restoreStates, showStates } from "../../../../../rehearsal/host/edge/balance/state-file.ts";
import { initialSettings } from "../../../../../rehearsal/host/edge/config/settings.ts";

const server = { weight: 100, check: true, inter: 500, fastInter: 100, downInter: 100 };

function pool(weights: readonly number[], { rise = 1, fall = 3 } = {}, told: string[] = []): Pool {
  const servers = weights.map((weight, index) => ({
    ...server,
    rise,
    fall,
    weight,
    name: `s${index}`,
    id: index + 1,
    port: 21_000 + index,
  }));
  const settings = { ...initialSettings, loadState: true };
  return new Pool({ name: "web", id: 4, settings, check: undefined, servers }, (line) => told.push(line));
}

const result = (passed: boolean): CheckResult => ({
  status: passed ? "L7OK" : "L7STS",
  code: passed ? 200 : 500,
  duration: 1,
  info: "",
});

describe("next", () => {
  it("gives each server its weight's share in every round", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 256 }), { minLength: 1, maxLength: 4 }), (weights) => {
        const servers = pool(weights);
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const counts = weights.map(() => 0);
        for (let turn = 0; turn < total; turn += 1) {
          const index = (servers.next()?.config.id ?? 0) - 1;
          counts[index] = (counts[index] ?? 0) + 1;
        }
        expect(counts).toEqual(weights);
      }),
    );
  });

  it("gives nothing when nobody is usable", () => {
    expect(pool([0, 0]).next()).toBeUndefined();
    const drained = pool([1]);
    drained.targets[0]?.want("drain");
    expect(drained.next()).toBeUndefined();
  });

  it("avoids the one that has just failed, if there is another", () => {
    const servers = pool([99, 1]);
    expect(servers.next(servers.targets[0])?.config.name).toBe("s1");
    const alone = pool([99]);
    expect(alone.next(alone.targets[0])?.config.name).toBe("s0");
  });
});

describe("health", () => {
  it("falls after `fall` failures in a row and rises after `rise` successes", () => {
    const checks = fc.array(fc.boolean(), { maxLength: 40 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 4 }),
        checks,
        (rise, fall, results) => {
          const [target] = pool([1], { rise, fall }).targets;
          if (!target) throw new TypeError("no server");
          let up = true;
          // A server that has never been checked is down after one failure.
          let [passed, failed] = [0, fall - 1];
          for (const one of results) {
            [passed, failed] = one ? [passed + 1, 0] : [0, failed + 1];
            if (one && up && passed === 0) failed = 0;
            up = up ? failed < fall : passed >= rise;
            target.judge(result(one));
            expect(target.up).toBe(up);
            expect(target.health).toBeGreaterThanOrEqual(0);
            expect(target.health).toBeLessThanOrEqual(target.best);
          }
        },
      ),
    );
  });

  it.each([
    ["UP 1/3", [], "ready"],
    ["UP", [true], "ready"],
    ["UP 2/3", [true, false], "ready"],
    ["DOWN", [false], "ready"],
    ["DRAIN", [true], "drain"],
    ["DRAIN 1/3", [true, false, false], "drain"],
    ["DOWN", [false], "drain"],
    ["MAINT", [true], "maint"],
  ] as const)("is shown as %s", (shown, results, wanted) => {
    const [target] = pool([1]).targets;
    for (const one of results) target?.judge(result(one));
    target?.want(wanted);
    expect(target?.status).toBe(shown);
  });

  it("is told as haproxy tells it", () => {
    const told: string[] = [];
    pool([1], {}, told).targets[0]?.judge({ ...result(false), info: "Internal Server Error" });
    expect(told).toEqual([
      'Server web/s0 is DOWN, reason: Layer7 wrong status, code: 500, info: "Internal Server Error", check duration: 1ms. 0 active and 0 backup servers left.',
      "backend web has no server available!",
    ]);
  });
});

describe("the state file", () => {
  const state = fc.record({
    weight: fc.integer({ min: 0, max: 256 }),
    wanted: fc.constantFrom("ready" as const, "drain" as const, "maint" as const),
    passed: fc.boolean(),
    checked: fc.boolean(),
  });

  it("brings back what there was", () => {
    fc.assert(
      fc.property(state, state, (...states) => {
        const before = pool([100, 0]);
        before.targets.forEach((target, index) => {
          const { weight, wanted, passed, checked } = states[index] ?? states[0];
          target.weight = weight;
          target.judge(result(passed));
          target.want(wanted);
          target.checked = checked;
        });
        const after = pool([100, 0]);
        restoreStates(showStates([before]), [after]);
        const seen = ({ targets }: Pool) =>
          targets.map(({ weight, wanted, up, checked }) => ({ weight, wanted, up, checked }));
        expect(seen(after)).toEqual(seen(before));
      }),
    );
  });

  it.each(["", "2\n", "1\n# header\n4 web 1 s0\n", "nonsense\n\n\n", "1\n4 web x x x\n"])(
    "that is %j changes nothing",
    (text) => {
      const servers = pool([100]);
      restoreStates(text, [servers]);
      expect(servers.targets[0]).toMatchObject({ weight: 100, wanted: "ready", up: true });
    },
  );
});
