import { parseArgs } from "node:util";
import { choices } from "../choices.ts";
import { BenchFailure } from "../failure.ts";

export const usage = `npm run bench:hosts -- [options]
  --rounds N    measured rounds of which medians are taken (default 5)
  --only PART   traffic, times or now; may be given again (default all of them)
  --rate N      requests a second (default 1000, which is what is asked of the figures)
  --plot        draw requests, errors and latency through a switch into docs/charts
  --json        one JSON object a line on standard output (npm run --silent bench:hosts -- --json)
`;

/** What can be measured by itself. */
const parts = ["traffic", "times", "now"] as const;

export type Part = (typeof parts)[number];

export interface Options {
  rounds: number;
  /** Requests a second. */
  rate: number;
  only: readonly Part[];
  plot: boolean;
  json: boolean;
  help: boolean;
}

const { count, oneOf } = choices(usage);

/** Reads the command line. @throws BenchFailure, or an error of `parseArgs` */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: "string", default: "5" },
      rate: { type: "string", default: "1000" },
      only: { type: "string", multiple: true, default: [...parts] },
      plot: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const { plot, json, help } = values;
  const options = {
    rounds: count("--rounds", values.rounds, 20),
    rate: count("--rate", values.rate, 5000),
    only: values.only.map((text) => oneOf("--only", text, parts)),
    plot,
    json,
    help,
  };
  if (plot && !options.only.includes("traffic"))
    throw new BenchFailure(`--plot: expected traffic to be measured too\n\n${usage}`);
  return options;
}
