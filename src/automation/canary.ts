import { strategyOf } from "../../stacks/application.ts";
import { queryPrometheus } from "../health/prometheus.ts";
import type { Measurement } from "../hosts/measurement.ts";
import { type AnalysisVerdict, analyse, together } from "../plan/analysis.ts";
import { type HostReading, type Slot, wasRead } from "../plan/facts.ts";
import type { AnalysisPolicy, Stage } from "../plan/strategy.ts";
import { Failure } from "../release/failure.ts";
import type { Run } from "./run.ts";

/** Milliseconds between two looks while there is too little to judge by. */
const hold = 5_000;

const beside = (slot: Slot): Slot => (slot === "blue" ? "green" : "blue");

/** What candidate and old release answered, over all hosts. */
function answersOf(measurements: ReadonlyMap<string, Measurement>, readings: readonly HostReading[]) {
  const found = readings.filter(wasRead).flatMap((reading) => {
    const slot = reading.slots?.last;
    const answers = measurements.get(reading.host)?.answers;
    return slot && answers ? [{ candidate: answers[slot], stable: answers[beside(slot)] }] : [];
  });
  return {
    candidate: together(found.map(({ candidate }) => candidate)),
    stable: together(found.map(({ stable }) => stable)),
  };
}

/** The policy by which a stage is judged; absent: it is no canary's. */
export function analysisOf({ target }: Run, stage: Stage): AnalysisPolicy | undefined {
  const strategy = strategyOf(target.config);
  return strategy.type === "canary" && stage.traffic < 100 ? strategy.analysis : undefined;
}

/**
 * Judges a canary by what the edges answered since a place in their logs. Too little to judge by: holds, says so, and looks again until its
 * patience ends.
 * @returns what was measured, in a few words
 * @throws Failure `AnalysisFailed`, `AnalysisInconclusive`, `HostUnreachable`
 */
export async function judgeCanary(
  run: Run,
  stage: Stage,
  policy: AnalysisPolicy,
  places: ReadonlyMap<string, number>,
): Promise<string> {
  const { target, context, watch, readings } = run;
  const began = context.now().getTime() - stage.pause * 1000;
  const deadline = context.now().getTime() + policy.patience * 1000;
  const slot = readings.filter(wasRead).find((reading) => reading.slots?.last)?.slots?.last ?? "";
  const look = async (): Promise<AnalysisVerdict> => {
    const window = Math.max(1, Math.round((context.now().getTime() - began) / 1000));
    const ask = (query: string) => query.replaceAll("$slot", slot).replaceAll("$window", `${window}s`);
    const [measured, queries] = await Promise.all([
      target.hosts.measure(places),
      Promise.all(
        policy.prometheus.map(async ({ url, query, min, max }) => {
          return { query, min, max, value: await queryPrometheus(url, ask(query)) };
        }),
      ),
    ]);
    return analyse({ ...answersOf(measured, readings), queries }, policy);
  };
  let told = false;
  for (;;) {
    const found = await watch.outside(look());
    if (found.verdict === "pass") return found.summary;
    if (found.verdict === "fail") throw new Failure(found.reason);
    if (context.now().getTime() >= deadline || context.interruption.signal !== undefined)
      throw new Failure({
        ...found.reason,
        hint: "Send it more requests, or ask for fewer: liftlock:strategy analysis.requests, analysis.patience.",
      });
    if (!told) {
      const message = `${target.name} holds at ${stage.traffic} % of the requests: ${found.reason.message}; it goes back in ${policy.patience} s`;
      context.notify({ code: "warning", payload: { message } });
      told = true;
    }
    await watch.outside(context.pause(hold));
  }
}
