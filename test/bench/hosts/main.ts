/**
 * `npm run bench:hosts`: whether requests are dropped while releases change, and how long that takes, on hosts that are containers with
 * systemd, sshd, Docker and haproxy. `--help` says more.
 */
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import { describeMissing, missingRequirements } from "../../../rehearsal/host/container/requirements.ts";
import { repository } from "../../../rehearsal/world/project.ts";
import { BenchFailure } from "../failure.ts";
import type { Measured } from "./figures.ts";
import { type Options, parseOptions, usage } from "./options.ts";
import { drawCharts } from "./plot/charts.ts";
import { wronglyDropped } from "./report/judge.ts";
import { describe, finished } from "./report/report.ts";
import { Droplets } from "./site/droplets.ts";
import { Times } from "./times/measure.ts";
import { measureNow } from "./times/rollbackNow.ts";
import { measureTraffic } from "./traffic/measure.ts";

const tell = (text: string) => void process.stderr.write(`${text}\n`);
const say = (text: string) => void process.stdout.write(`${text}\n`);

async function measure({ rounds, rate, only }: Options, note: (text: string) => void): Promise<Measured> {
  const measured: Measured = {};
  const wants = (part: Options["only"][number]) => only.includes(part);
  note("one host each for staging and production comes up");
  await using droplets = await Droplets.start();
  // Interrupted or ended, nothing of it stays at this machine's engine.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(signal, () => void droplets[Symbol.asyncDispose]().finally(() => process.exit(130)));
  const times = wants("times") ? new Times(droplets, note) : undefined;
  await times?.onOneHost(rounds);
  if (wants("traffic")) {
    note("production gets a second host");
    await droplets.scale(2);
    measured.traffic = await measureTraffic(droplets, rate, note);
  }
  if (wants("times") || wants("now")) {
    note("production gets four hosts");
    await droplets.scale(4);
  }
  await times?.onFourHosts(rounds);
  if (times) measured.times = times.result;
  if (wants("now")) measured.now = await measureNow(droplets, rounds, note);
  return measured;
}

async function bench(options: Options): Promise<void> {
  const { json, plot } = options;
  const out = json ? tell : say;
  const event = (fields: object) => json && say(JSON.stringify(fields));
  const missing = await missingRequirements();
  if (missing.length > 0)
    throw new BenchFailure(`This machine lacks something for such hosts.\n${describeMissing(missing)}`);
  const begun = performance.now();
  const since = () => ((performance.now() - begun) / 1000).toFixed(0);
  const machine = { node: process.version, cores: availableParallelism(), load: loadavg()[0] ?? 0 };
  out(
    `Liftlock bench:hosts: Node ${machine.node}, rehearsal engine, ${machine.cores} cores, load ${machine.load.toFixed(1)} at the start.`,
  );
  out("Every figure is of this run: hosts, clouds, registry, driver and load share this machine's cores.");
  event({ event: "bench.hosts.started", ...machine });
  const measured = await measure(options, (text) => tell(`[${since().padStart(4)} s] ${text}`));
  event({ event: "bench.hosts.measured", ...measured, traffic: measured.traffic?.ways });
  if (plot && measured.traffic)
    for (const file of drawCharts(measured.traffic, join(repository, "docs", "charts")))
      out(`Drawn: ${file}`);
  out(describe(measured));
  out(`Load ${(loadavg()[0] ?? 0).toFixed(1)} at the end, after ${since()} s.`);
  event(finished(measured));
  if (wronglyDropped(measured) > 0) process.exitCode = 1;
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
