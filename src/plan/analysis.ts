import type { Reason } from "./promotion.ts";
import type { AnalysisPolicy } from "./strategy.ts";

/** Answers of one release over a stage, as the edges of all hosts counted them. */
export interface Answers {
  requests: number;
  /** Answers with a status from 500 on, and requests that got none. */
  errors: number;
  /** How many answers took so many milliseconds. */
  latency: ReadonlyMap<number, number>;
}

/** What a Prometheus query answered; absent where it answered no single number. */
export interface QueryAnswer {
  query: string;
  value: number | undefined;
  min?: number | undefined;
  max?: number | undefined;
}

export interface Measured {
  candidate: Answers;
  stable: Answers;
  queries: readonly QueryAnswer[];
}

/** Only `pass` lets a canary go on. `inconclusive`: there is too little to judge by. */
export type AnalysisVerdict =
  | { verdict: "pass"; summary: string }
  | { verdict: "fail" | "inconclusive"; reason: Reason };

/** Answers of several hosts together. */
export function together(all: readonly Answers[]): Answers {
  const latency = new Map<number, number>();
  for (const answers of all)
    for (const [milliseconds, count] of answers.latency)
      latency.set(milliseconds, (latency.get(milliseconds) ?? 0) + count);
  const sum = (of: (answers: Answers) => number) => all.reduce((total, answers) => total + of(answers), 0);
  return { requests: sum((a) => a.requests), errors: sum((a) => a.errors), latency };
}

/** The quantile in milliseconds by the nearest-rank method: the smallest time within which that share was answered. */
export function quantile(latency: ReadonlyMap<number, number>, share: number): number | undefined {
  const sorted = [...latency].sort(([a], [b]) => a - b);
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  const rank = Math.max(1, Math.ceil(total * share));
  let seen = 0;
  for (const [milliseconds, count] of sorted) {
    seen += count;
    if (seen >= rank) return milliseconds;
  }
  return undefined;
}

const percent = (value: number) => `${value.toFixed(value < 10 ? 2 : 1)} %`;
const errorShare = ({ requests, errors }: Answers) => (requests === 0 ? 0 : (errors * 100) / requests);

const failed = (message: string): AnalysisVerdict => ({
  verdict: "fail",
  reason: { code: "AnalysisFailed", message },
});
const inconclusive = (message: string): AnalysisVerdict => ({
  verdict: "inconclusive",
  reason: { code: "AnalysisInconclusive", message },
});

function judgeErrors({ candidate, stable }: Measured, policy: AnalysisPolicy): AnalysisVerdict | undefined {
  const [its, others] = [errorShare(candidate), errorShare(stable)];
  const said = `${candidate.errors} of ${candidate.requests} requests failed (${percent(its)})`;
  if (its > policy.errors) return failed(`${said}; ${percent(policy.errors)} may`);
  if (stable.requests > 0 && its > others + policy.moreErrors)
    return failed(`${said}; of the release that it would replace ${percent(others)} did`);
  return undefined;
}

function judgeLatency({ candidate, stable }: Measured, policy: AnalysisPolicy): AnalysisVerdict | undefined {
  for (const share of [0.95, 0.99]) {
    const its = quantile(candidate.latency, share);
    const others = quantile(stable.latency, share);
    if (its === undefined) return inconclusive("no answer of the candidate was timed");
    const name = `p${share * 100}`;
    if (share === 0.99 && policy.slowest !== undefined && its > policy.slowest)
      return failed(`${name} is ${its} ms; at most ${policy.slowest} ms may be`);
    // Without the other release's answers there is nothing to be slower than.
    if (others !== undefined && its > policy.fast && its > others * policy.slower)
      return failed(`${name} is ${its} ms, of the release that it would replace ${others} ms`);
  }
  return undefined;
}

function judgeQueries({ queries }: Measured): AnalysisVerdict | undefined {
  for (const { query, value, min, max } of queries) {
    if (value === undefined || !Number.isFinite(value))
      return inconclusive(`Prometheus has no single number for ${query}`);
    if (min !== undefined && value < min) return failed(`${query} is ${value}, below ${min}`);
    if (max !== undefined && value > max) return failed(`${query} is ${value}, above ${max}`);
  }
  return undefined;
}

/**
 * Judges a canary by what was measured in one stage. Fails closed: what is missing is never taken for good, and what is bad already needs
 * no minimum of requests.
 */
export function analyse(measured: Measured, policy: AnalysisPolicy): AnalysisVerdict {
  const { candidate, stable } = measured;
  const few = candidate.requests < policy.requests;
  // Three bad answers of five are no accident; one may be.
  if (few && candidate.errors < 3)
    return inconclusive(
      `the candidate has answered ${candidate.requests} requests; ${policy.requests} are needed to judge it`,
    );
  const verdict =
    judgeErrors(measured, policy) ??
    (few ? inconclusive("too few requests") : undefined) ??
    judgeLatency(measured, policy) ??
    judgeQueries(measured);
  if (verdict) return verdict;
  const p99 = (answers: Answers) => quantile(answers.latency, 0.99) ?? "–";
  return {
    verdict: "pass",
    summary: `${candidate.requests} requests, ${percent(errorShare(candidate))} errors, p99 ${p99(candidate)} ms (before: ${percent(errorShare(stable))}, ${p99(stable)} ms)`,
  };
}
