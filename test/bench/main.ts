/** `npm run bench`: how long promotions take, what of that is the driver's, and how fast the engine is. `--help` says more. */
import { availableParallelism, loadavg } from "node:os";
import { version as sdkVersion } from "@pulumi/pulumi/version.js";
import { BenchFailure } from "./failure.ts";
import type { FleetFigures } from "./figures.ts";
import { type Options, parseOptions, usage } from "./options.ts";
import { describe, finished } from "./report.ts";
import { measureApart } from "./tasks.ts";

const tell = (text: string) => void process.stderr.write(`${text}\n`);
const say = (text: string) => void process.stdout.write(`${text}\n`);

async function bench({ hosts, rounds, json }: Options): Promise<void> {
  const event = (fields: object) => json && say(JSON.stringify(fields));
  const out = json ? tell : say;
  const begun = performance.now();
  const noteFor = (subject: string) => (text: string) =>
    tell(`[${((performance.now() - begun) / 1000).toFixed(0).padStart(4)} s] ${subject}: ${text}`);
  const [load = 0] = loadavg();
  const machine = { node: process.version, pulumi: sdkVersion, cores: availableParallelism() };
  out(
    `Liftlock bench: Node ${machine.node}, Pulumi SDK ${machine.pulumi}, rehearsal engine, ${machine.cores} cores, load ${load.toFixed(1)} at the start.`,
  );
  out(
    "Every figure is of this run, on this machine, over the loopback interface: hosts, clouds and driver share its cores.",
  );
  event({ event: "bench.started", ...machine, load });

  const fleets: FleetFigures[] = [];
  for (const count of hosts) {
    const input = { hosts: count, rounds };
    const fleet = await measureApart("fleet", input, noteFor(`hosts ${count}`));
    event({ event: "bench.fleet", ...fleet });
    fleets.push(fleet);
  }
  const engine = await measureApart("engine", {}, noteFor("engine"));
  event({ event: "bench.engine", ...engine });
  out(describe(fleets, engine));
  out(
    `Load ${(loadavg()[0] ?? 0).toFixed(1)} at the end, after ${((performance.now() - begun) / 1000).toFixed(0)} s.`,
  );
  event(finished(fleets, engine));
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) say(usage);
  else await bench(options);
} catch (error) {
  const known = error instanceof BenchFailure || (error instanceof TypeError && "code" in error);
  tell(known ? error.message : String(error instanceof Error ? error.stack : error));
  process.exitCode = 1;
}
