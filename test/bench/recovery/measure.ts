import { setTimeout as sleep } from "node:timers/promises";
import { digestsOf, type Release } from "../../../src/release/release.ts";
import { bring, lift } from "../driver.ts";
import { BenchFailure } from "../failure.ts";
import type { RecoveryCase, RecoveryFigures } from "../figures.ts";
import { messagesOf } from "../heard.ts";
import { bringUp, verifyRuns } from "../stage.ts";
import type { WorldClient } from "../world/client.ts";
import { type BadRelease, badReleases } from "./faults.ts";
import { healthCheckOf } from "./healthCheck.ts";
import { judge } from "./judge.ts";
import { Public } from "./public.ts";

/** Milliseconds between two probes of an endpoint. */
const interval = 100;

/** Milliseconds after which a probe without an answer has failed. */
const answer = 2_000;

/** Milliseconds for which the public goes on after the end, to see that it stays good. */
const calm = 2_000;

/** Steps in which the time between a bad release and the good one goes. */
const telling = ["deploy", "verify", "diagnose", "revert", "verifyRevert"];

/** Every public endpoint of every production host. */
async function endpointsOf(world: WorldClient): Promise<string[]> {
  const { port, paths } = world.description.public;
  const hosts = await world.call("hosts");
  return hosts.flatMap(({ address }) => paths.map((path) => `http://${address}:${port}${path}`));
}

/** Promotes one bad release while the public asks; production has to serve the good one again afterwards. */
async function measureCase(
  world: WorldClient,
  bad: BadRelease,
  serving: Release,
  given: { release: Release; urls: string[]; check: RecoveryFigures["check"] },
): Promise<RecoveryCase> {
  const { release, urls, check } = given;
  await bring(world.description, "staging", release);
  await world.call("exits");
  await using asking = await Public.start({ urls, interval, answer });
  await sleep(calm);
  const began = Date.now();
  const { result, heard } = await lift(world.description, "RolledBack");
  await sleep(calm);
  const probes = await asking.end();
  await verifyRuns(world, serving);
  const [failed] = messagesOf(heard, "step.failed");
  const revert = result.steps.find(({ name }) => name === "revert");
  if (!failed || !revert) throw new BenchFailure("expected a failed step and an update of the way back");
  const digests: string[] = Object.values(digestsOf(release));
  const exits = (await world.call("exits")).filter(({ digest }) => digests.includes(digest));
  const exited = exits.length > 0 ? Math.min(...exits.map(({ at }) => at)) : undefined;
  return {
    name: bad.name,
    code: result.reason?.code ?? "",
    ...judge({ probes, began, failed: failed.at, exited, update: revert.seconds, check }),
    steps: result.steps.filter(({ name }) => telling.includes(name)),
  };
}

/** Promotes each bad release once into production. @param say told what goes on */
export async function measureRecovery(
  world: WorldClient,
  say: (text: string) => void,
): Promise<RecoveryFigures> {
  const check = healthCheckOf("web");
  const serving = await bringUp(world, say);
  await world.call("watchExits");
  const urls = await endpointsOf(world);
  const cases: RecoveryCase[] = [];
  for (const [index, bad] of badReleases.entries()) {
    const version = `4.${index + 1}.0`;
    const release = await world.call("release", { version, faults: bad.faults });
    const found = await measureCase(world, bad, serving, { release, urls, check });
    say(
      `${bad.name}: known after ${found.detection.toFixed(1)} s, good again after ${found.recovery.toFixed(1)} s (${found.code})`,
    );
    cases.push(found);
  }
  const { timeout } = world.description.public;
  return { probes: { interval, endpoints: urls.length }, check, timeout, cases };
}
