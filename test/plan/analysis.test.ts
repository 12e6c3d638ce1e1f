import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Answers, analyse, type QueryAnswer, quantile, together } from "../../src/plan/analysis.ts";
import { strategySchema } from "../../src/plan/strategy.ts";

const policyWith = (analysis: object) => {
  const strategy = strategySchema.parse({ type: "canary", analysis });
  if (strategy.type !== "canary") throw new Error("expected a canary");
  return strategy.analysis;
};

/** So many requests, so many of them bad, all answered within so many milliseconds. */
const answers = (requests: number, errors: number, milliseconds: number): Answers => ({
  requests,
  errors,
  latency: new Map(requests > 0 ? [[milliseconds, requests]] : []),
});

const none: QueryAnswer[] = [];
const stable = answers(1000, 1, 100);

describe("analysis of a canary", () => {
  test.each<[string, Answers, Answers, object, string]>([
    ["as good as before", answers(100, 0, 100), stable, {}, "pass"],
    ["nobody asked it", answers(0, 0, 0), stable, {}, "AnalysisInconclusive"],
    ["one request too few", answers(49, 0, 100), stable, {}, "AnalysisInconclusive"],
    ["just enough requests", answers(50, 0, 100), stable, {}, "pass"],
    ["few requests, but most of them bad", answers(5, 3, 100), stable, {}, "AnalysisFailed"],
    ["few requests, one bad", answers(5, 1, 100), stable, {}, "AnalysisInconclusive"],
    ["more errors than may be", answers(100, 2, 100), stable, {}, "AnalysisFailed"],
    ["as many errors as may be", answers(100, 1, 100), answers(1000, 9, 100), {}, "pass"],
    ["more errors than before", answers(1000, 9, 100), answers(1000, 0, 100), {}, "AnalysisFailed"],
    ["slower than before", answers(100, 0, 151), stable, {}, "AnalysisFailed"],
    ["as slow as may be", answers(100, 0, 150), stable, {}, "pass"],
    ["slower, but fast", answers(100, 0, 100), answers(1000, 0, 10), {}, "pass"],
    ["slower than ever allowed", answers(100, 0, 120), stable, { slowest: 110 }, "AnalysisFailed"],
    ["nothing to compare with", answers(100, 0, 4000), answers(0, 0, 0), {}, "pass"],
  ])("%s", (_, candidate, other, policy, expected) => {
    const found = analyse({ candidate, stable: other, queries: none }, policyWith(policy));
    expect("reason" in found ? found.reason.code : found.verdict).toBe(expected);
  });

  test.each<[QueryAnswer, string]>([
    [{ query: "q", value: 5, max: 5 }, "pass"],
    [{ query: "q", value: 5.1, max: 5 }, "fail"],
    [{ query: "q", value: 1, min: 2 }, "fail"],
    [{ query: "q", value: undefined, max: 5 }, "inconclusive"],
    [{ query: "q", value: Number.NaN, max: 5 }, "inconclusive"],
  ])("a query that answers %o", (query, expected) => {
    const candidate = answers(100, 0, 100);
    expect(analyse({ candidate, stable, queries: [query] }, policyWith({})).verdict).toBe(expected);
  });

  test("more bad answers never turn a bad verdict into a good one", () => {
    const count = fc.integer({ min: 0, max: 500 });
    fc.assert(
      fc.property(count, count, count, (requests, errors, more) => {
        const judge = (bad: number) =>
          analyse(
            { candidate: answers(requests, Math.min(requests, bad), 10), stable, queries: none },
            policyWith({}),
          ).verdict;
        expect([judge(errors), judge(errors + more)]).not.toEqual([
          expect.stringMatching(/fail|inc/),
          "pass",
        ]);
      }),
    );
  });

  test("quantiles over several hosts are those of all their answers", () => {
    const times = fc.array(fc.integer({ min: 0, max: 2000 }), { minLength: 1, maxLength: 200 });
    const of = (values: readonly number[]): Answers => ({
      requests: values.length,
      errors: 0,
      latency: new Map([...Map.groupBy(values, (v) => v)].map(([v, same]) => [v, same.length])),
    });
    fc.assert(
      fc.property(times, times, fc.constantFrom(0.5, 0.95, 0.99, 1), (a, b, share) => {
        const sorted = [...a, ...b].sort((x, y) => x - y);
        const expected = sorted[Math.max(1, Math.ceil(sorted.length * share)) - 1];
        expect(quantile(together([of(a), of(b)]).latency, share)).toBe(expected);
      }),
    );
  });
});
