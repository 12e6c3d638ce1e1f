import { digestsOf, type Release } from "../../../src/release/release.ts";
import { BenchFailure } from "../failure.ts";
import type { Round } from "../figures.ts";
import type { WorldClient } from "../world/client.ts";
import { BareScript } from "./bareScript.ts";
import { bring, lift } from "./driver.ts";

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
    const release = await world.call("release", `2.${number}.0`);
    await bring(world.description, "staging", release);
    const before = await world.call("hosts");
    const { seconds, steps } = await lift(world.description);
    const after = await this.verifyRuns(release);
    this.pinned = release;
    return {
      seconds,
      steps,
      own: steps.reduce((sum, step) => sum + step.own, 0),
      sessions: after.map(({ logins }, index) => logins - (before[index]?.logins ?? 0)),
    };
  }

  /** A fresh release comes to production; then the pinned one comes back (not measured), so that the product can go on. */
  private async deployment(number: number): Promise<number> {
    const release = await this.world.call("release", `3.${number}.0`);
    const seconds = await this.bare.deploy(release);
    await this.verifyRuns(release);
    await this.bare.deploy(this.pinned);
    await this.verifyRuns(this.pinned);
    return seconds;
  }

  /** Both ways are measured only if they did the work: every host runs exactly this release. */
  private async verifyRuns(release: Release) {
    const hosts = await this.world.call("hosts");
    const { migrator: _, ...expected } = digestsOf(release);
    for (const { name, digests } of hosts)
      for (const [service, digest] of Object.entries(expected))
        if (digests[service] !== digest)
          throw new BenchFailure(
            `expected ${service} ${digest} (${release.version}) on ${name}, found ${digests[service] ?? "nothing"}`,
          );
    return hosts;
  }
}

/** Brings both environments up with a first release, then measures. @param say told what goes on */
export async function measureRounds(
  world: WorldClient,
  count: number,
  say: (text: string) => void,
): Promise<Round[]> {
  say("both environments come up, with a first release");
  await world.call("up");
  const first = await world.call("release", "1.0.0");
  for (const environment of ["staging", "production"]) await bring(world.description, environment, first);
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
