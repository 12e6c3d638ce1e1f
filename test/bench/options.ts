import { parseArgs } from "node:util";
import { choices } from "./choices.ts";
import type { Tasks } from "./tasks.ts";

export const usage = `npm run bench -- [options]
  --hosts 1,2,10,30  numbers of production hosts of the fleet rounds (this is the default)
  --rounds N         measured rounds for each number of hosts (default 3)
  --only PART        fleet, engine or recovery; may be given again (default all of them)
  --json             one JSON object a line on standard output (npm run --silent bench -- --json)
`;

/** What can be measured by itself, in the order in which it is. */
const parts = ["fleet", "engine", "recovery"] as const satisfies readonly (keyof Tasks)[];

type Part = (typeof parts)[number];

export interface Options {
  hosts: number[];
  rounds: number;
  only: readonly Part[];
  json: boolean;
  help: boolean;
}

const { count, oneOf } = choices(usage);

/** Reads the command line. @throws BenchFailure, or an error of `parseArgs` */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      hosts: { type: "string", default: "1,2,10,30" },
      rounds: { type: "string", default: "3" },
      only: { type: "string", multiple: true, default: [...parts] },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const hosts = values.hosts.split(",").map((text) => count("--hosts", text, 60));
  return {
    hosts: [...new Set(hosts)].sort((a, b) => a - b),
    rounds: count("--rounds", values.rounds, 20),
    only: values.only.map((text) => oneOf("--only", text, parts)),
    json: values.json,
    help: values.help,
  };
}
