/** `npm run torture`: every fault, pairs of faults and random schedules against the driver. `--help` says more. */
import { availableParallelism } from "node:os";
import { mutants } from "./mutants.ts";
import { type Options, parseOptions, usage } from "./options.ts";
import { runReal } from "./real/run.ts";
import { describe, explain } from "./report.ts";
import { type Suite, shrink } from "./share.ts";
import { add, emptyTally, type Tally } from "./tally.ts";
import { runSuite, TortureFailure } from "./workers.ts";

const tell = (text: string) => void process.stderr.write(`${text}\n`);
const say = (text: string) => void process.stdout.write(`${text}\n`);

const workers = availableParallelism();

/** One line that is overwritten on a terminal; elsewhere nothing. */
const progress = (name: string) => (run: number) => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${name}: ${run} schedules`);
};
const clear = () => process.stderr.isTTY && process.stderr.write("\r\u001b[2K");

async function inMemory({ schedules, seed, pairs, json }: Options): Promise<number> {
  const suites: Suite[] = [
    { name: "singles" },
    { name: "pairs", every: pairs },
    { name: "random", schedules, seed },
  ];
  const begun = performance.now();
  let whole: Tally = emptyTally();
  for (const suite of suites) {
    const start = performance.now();
    const tally = await runSuite(suite, workers, progress(suite.name));
    clear();
    (json ? tell : say)(describe(suite, tally, (performance.now() - start) / 1000));
    for (const finding of tally.findings) {
      const smallest = finding.number === undefined ? undefined : await shrink(seed, finding.number);
      tell(explain(finding, seed, smallest));
    }
    whole = add(whole, tally);
  }
  const perSecond = Math.round((whole.schedules / (performance.now() - begun)) * 1000);
  const { schedules: run, faults, outcomes, violations } = whole;
  if (json)
    say(
      JSON.stringify({
        event: "torture.finished",
        schedules: run,
        faults,
        outcomes,
        violations,
        perSecond,
        seed,
      }),
    );
  else
    say(
      `${run} schedules, ${faults} faults, ${violations} violations, ${perSecond} schedules a second (seed ${seed}).`,
    );
  return violations === 0 ? 0 : 1;
}

async function withMutants({ schedules, seed, pairs, json }: Options): Promise<number> {
  const suites: Suite[] = [
    { name: "singles" },
    { name: "random", schedules, seed },
    { name: "pairs", every: pairs },
  ];
  let caught = 0;
  for (const { name, file } of mutants) {
    const loader = {
      module: new URL("./mutantLoader.ts", import.meta.url).href,
      environment: { LIFTLOCK_MUTANT: name },
    };
    let found: string | undefined;
    for (const suite of suites) {
      const tally = await runSuite(suite, workers, progress(name), loader);
      clear();
      const [first] = tally.findings;
      if (first) {
        found = `${suite.name}: ${first.violations[0]?.message ?? ""}`;
        break;
      }
    }
    if (found !== undefined) caught += 1;
    (json ? tell : say)(
      `${found === undefined ? "✗ missed" : "✓ caught"}  ${name} (${file})\n     ${found ?? ""}`,
    );
  }
  const of = mutants.length;
  if (json) say(JSON.stringify({ event: "mutants.finished", caught, of }));
  else say(`${caught} of ${of} mutants were caught.`);
  return caught === of ? 0 : 1;
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) say(usage);
  else process.exitCode = await (options.mutants ? withMutants : options.real ? runReal : inMemory)(options);
} catch (error) {
  const known = error instanceof TortureFailure || (error instanceof TypeError && "code" in error);
  tell(known ? error.message : String(error instanceof Error ? error.stack : error));
  process.exitCode = 1;
}
