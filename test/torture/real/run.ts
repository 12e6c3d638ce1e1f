import fc from "fast-check";
import type { Options } from "../options.ts";
import { anyRealSchedule } from "./schedule.ts";
import { RealStage } from "./story.ts";

const tell = (text: string) => void process.stderr.write(`${text}\n`);
const say = (text: string) => void process.stdout.write(`${text}\n`);

/** Whole stories through real processes, SSH and the engine, one after another in one world. @returns the exit code */
export async function runReal({ schedules, seed, json }: Options): Promise<number> {
  const begun = performance.now();
  await using stage = await RealStage.open();
  const outcomes: Record<string, number> = {};
  let [faults, violations] = [0, 0];
  for (const [number, schedule] of fc.sample(anyRealSchedule, { numRuns: schedules, seed }).entries()) {
    const outcome = await stage.play(schedule);
    faults += outcome.faults;
    for (const end of outcome.ends) outcomes[end] = (outcomes[end] ?? 0) + 1;
    const seconds = ((performance.now() - begun) / 1000).toFixed(0);
    (json ? tell : say)(
      `[${seconds.padStart(5)} s] ${number + 1}: ${schedule.release}, ${outcome.ends.join(", ")}`,
    );
    if (outcome.violations.length === 0) continue;
    violations += 1;
    tell(`VIOLATION (--real --seed ${seed}, schedule ${number}): ${JSON.stringify(schedule)}`);
    for (const { invariant, message } of outcome.violations) tell(`  invariant ${invariant}: ${message}`);
  }
  const perSecond = Number((schedules / ((performance.now() - begun) / 1000)).toFixed(2));
  if (json)
    say(
      JSON.stringify({
        event: "torture.finished",
        real: true,
        schedules,
        faults,
        outcomes,
        violations,
        perSecond,
        seed,
      }),
    );
  else say(`${schedules} whole schedules, ${faults} faults, ${violations} violations (seed ${seed}).`);
  return violations === 0 ? 0 : 1;
}
