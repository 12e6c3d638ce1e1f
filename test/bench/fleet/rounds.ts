import type { Release } from "../../../src/release/release.ts";
import { bring, lift, passTests } from "../driver.ts";
import type { Round } from "../figures.ts";
import { messagesOf } from "../heard.ts";
import { bringUp, verifyRuns } from "../stage.ts";
import type { WorldClient } from "../world/client.ts";
import { BareScript } from "./bareScript.ts";
import { demandGates, soaked } from "./gates.ts";
import { readTraffic } from "./traffic.ts";

/** The same deployment by the product and by the bare script, in turns, on the same hosts. */
class Rounds {
  private readonly world: WorldClient;
  private readonly bare: BareScript;
  private pinned: Release;

  constructor(world: WorldClient, bare: BareScript, pinned: Release) {
    this.world = world;
    this.bare = bare;
    this.pinned = pinned;
  }

  /** One round; every other one begins with the bare script. */
  async round(number: number): Promise<Round> {
    if (number % 2 === 1) {
      const promotion = await this.promotion(number);
      return { promotion, bare: await this.deployment(number) };
    }
    const bare = await this.deployment(number);
    return { promotion: await this.promotion(number), bare };
  }

  /** A fresh release comes to staging (not measured), then to production. */
  private async promotion(number: number): Promise<Round["promotion"]> {
    const { world } = this;
    const release = await world.call("release", { version: `2.${number}.0` });
    await bring(world.description, "staging", release);
    await passTests(world.description, "staging");
    await soaked();
    const before = await world.call("hosts");
    await world.call("requests");
    const { result, heard } = await lift(world.description, "Completed");
    const requests = await world.call("requests");
    const after = await verifyRuns(this.world, release);
    this.pinned = release;
    const { seconds, steps } = result;
    const gates = messagesOf(heard, "gates.judged").flatMap(({ payload }) => payload.gates);
    const details = messagesOf(heard, "step.finished").map(
      ({ payload }) => [payload.step, payload.detail] as const,
    );
    return {
      seconds,
      steps,
      own: steps.reduce((sum, step) => sum + step.own, 0),
      sessions: after.map(({ logins }, index) => logins - (before[index]?.logins ?? 0)),
      gates: gates.map(({ gate, status }) => ({ gate, status })),
      details: Object.fromEntries(details),
      registry: readTraffic(requests, heard, Object.keys(release.images).length),
    };
  }

  /** A fresh release comes to production; then the pinned one comes back (not measured), so that the product can go on. */
  private async deployment(number: number): Promise<number> {
    const release = await this.world.call("release", { version: `3.${number}.0` });
    const seconds = await this.bare.deploy(release);
    await verifyRuns(this.world, release);
    await this.bare.deploy(this.pinned);
    await verifyRuns(this.world, this.pinned);
    return seconds;
  }
}

/** Brings both environments up, then measures. @param say told what goes on */
export async function measureRounds(
  world: WorldClient,
  count: number,
  say: (text: string) => void,
): Promise<Round[]> {
  const first = await bringUp(world, say);
  demandGates(world.description);
  const bare = new BareScript(world.description, await world.call("hosts"));
  await bare.logIn();
  const rounds = new Rounds(world, bare, first);
  const done: Round[] = [];
  for (let number = 1; number <= count; number++) {
    const round = await rounds.round(number);
    say(
      `round ${number} of ${count}: promotion ${round.promotion.seconds.toFixed(2)} s (own ${round.promotion.own.toFixed(2)} s), bare script ${round.bare.toFixed(2)} s`,
    );
    done.push(round);
  }
  return done;
}
