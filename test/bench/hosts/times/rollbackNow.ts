/** How long it takes until everybody is answered by the earlier release again, by the answers. */
import { setTimeout as sleep } from "node:timers/promises";
import { BenchFailure } from "../../failure.ts";
import type { NowFigures } from "../figures.ts";
import { Load } from "../load/client.ts";
import { lastOther } from "../load/reading.ts";
import type { Droplets } from "../site/droplets.ts";
import { type Say, slowness } from "./measure.ts";

/** Requests a second and host: one every 25 ms, which is how exact the figure is. More would take from what is measured. */
const rate = 40;

/** A release comes, and is taken back at once. @returns seconds from the command's start to the last answer by that release */
async function takenBack(droplets: Droplets, before: string, slow: boolean): Promise<number> {
  await droplets.stageNew("loaded");
  await droplets.promote();
  if (slow) await Promise.all(droplets.hosts.map((host) => host.slowDown(slowness)));
  try {
    const { http: port } = droplets.world.ports;
    const targets = droplets.droplets.map(({ address }) => ({ address, port }));
    using load = await Load.start({ targets, rate: rate * targets.length, most: 500_000 });
    await sleep(1000);
    const { started } = await droplets.rollback("--now");
    const last = lastOther(await load.stop(), before);
    if (last === undefined || last < started)
      throw new BenchFailure(
        `expected answers by ${before} after the way back, and by another version before it`,
      );
    return (last - started) / 1000;
  } finally {
    if (slow) await Promise.all(droplets.hosts.map((host) => host.speedUp()));
  }
}

export async function measureNow(droplets: Droplets, rounds: number, say: Say): Promise<NowFigures> {
  droplets.strategy({ type: "blueGreen" });
  const { version } = await droplets.stageNew("loaded");
  await droplets.promote();
  const figures: NowFigures = { hosts: droplets.hosts.length, plain: [], slow: [] };
  for (let round = 1; round <= rounds; round++) {
    const plain = await takenBack(droplets, version, false);
    const slow = await takenBack(droplets, version, true);
    figures.plain.push(plain);
    figures.slow.push(slow);
    say(
      `rollback --now, round ${round} of ${rounds}: ${plain.toFixed(2)} s; with 100 ms ${slow.toFixed(2)} s`,
    );
  }
  return figures;
}
