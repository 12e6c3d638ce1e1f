/**
 * `npm run bench`: how long promotions take, what of that is the driver's, how fast the engine is, and how soon a bad release is known
 * and gone. `--help` says more.
 */
import { availableParallelism, loadavg } from "node:os";
import { version as sdkVersion } from "@pulumi/pulumi/version.js";
import { BenchFailure } from "./failure.ts";
import { type Options, parseOptions, usage } from "./options.ts";
import { describe, finished, type Measured } from "./report/report.ts";
import { measureApart } from "./tasks.ts";

const tell = (text: string) => void process.stderr.write(`${text}\n`);
const say = (text: string) => void process.stdout.write(`${text}\n`);

async function bench({ hosts, rounds, only, json }: Options): Promise<void> {
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

  const measured: Measured = { fleets: [] };
  for (const count of only.includes("fleet") ? hosts : []) {
    const fleet = await measureApart("fleet", { hosts: count, rounds }, noteFor(`hosts ${count}`));
    event({ event: "bench.fleet", ...fleet });
    measured.fleets.push(fleet);
  }
  if (only.includes("engine")) {
    measured.engine = await measureApart("engine", {}, noteFor("engine"));
    event({ event: "bench.engine", ...measured.engine });
  }
  if (only.includes("recovery")) {
    measured.recovery = await measureApart("recovery", {}, noteFor("recovery"));
    event({ event: "bench.recovery", ...measured.recovery });
  }
  out(describe(measured));
  out(
    `Load ${(loadavg()[0] ?? 0).toFixed(1)} at the end, after ${((performance.now() - begun) / 1000).toFixed(0)} s.`,
  );
  event(finished(measured));
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
