import { parseArgs } from "node:util";
import { TortureFailure } from "./workers.ts";

export const usage = `npm run torture -- [options]
  --schedules N   random schedules of up to 5 faults with two competing drivers (default 10000; with --real 200)
  --seed S        of the random schedules (default: of the moment; it is printed)
  --pairs N       every Nth pair of faults along one promotion (default 100; 1: all of them, which takes long)
  --real          whole schedules through real processes, SSH and the rehearsal engine
  --mutants       put bugs into the driver, one after another, and see whether each is found
  --json          one JSON object a line on standard output (npm run --silent torture -- --json)
Exit 1 when an invariant of the specification did not hold, or a mutant was missed.
`;

export interface Options {
  schedules: number;
  seed: number;
  pairs: number;
  real: boolean;
  mutants: boolean;
  json: boolean;
  help: boolean;
}

function whole(name: string, text: string, least: number): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= least) return number;
  throw new TortureFailure(`--${name}: expected a whole number from ${least}, got "${text}"\n\n${usage}`);
}

/** Reads the command line. @throws TortureFailure, or an error of `parseArgs` */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      schedules: { type: "string" },
      seed: { type: "string" },
      pairs: { type: "string", default: "100" },
      real: { type: "boolean", default: false },
      mutants: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const { real, mutants, json, help } = values;
  const usual = real ? "200" : mutants ? "2000" : "10000";
  return {
    schedules: whole("schedules", values.schedules ?? usual, 0),
    seed: whole("seed", values.seed ?? String(Date.now() % 2 ** 31), 0),
    pairs: whole("pairs", values.pairs, 1),
    real,
    mutants,
    json,
    help,
  };
}
