/** How long a promotion takes, held against the least that could be done; and what more services, more hosts and a slow link add. */
import { setTimeout as sleep } from "node:timers/promises";
import type { OneHostRound, Pair, TimeFigures } from "../figures.ts";
import { front, six } from "../site/application.ts";
import { Bare } from "../site/bare.ts";
import type { Droplets, Lift } from "../site/droplets.ts";

/** sshd's last lines may be a moment late. */
const loggedBy = 400;

/** Added to each way, milliseconds: twice as much to every round trip. */
export const slowness = 50;

export type Say = (text: string) => void;

export class Times {
  private readonly droplets: Droplets;
  private readonly say: Say;
  private readonly figures: TimeFigures = {
    oneHost: [],
    sixServices: [],
    slowLink: [],
    fourHosts: [],
    sessions: [],
  };

  constructor(droplets: Droplets, say: Say) {
    this.droplets = droplets;
    this.say = say;
  }

  /** A fresh release comes to staging (not measured), then to production. */
  private async promotion(): Promise<Lift> {
    const { droplets } = this;
    await droplets.stageNew("small");
    const before = await droplets.logins();
    const lift = await droplets.promote();
    await sleep(loggedBy);
    const after = await droplets.logins();
    this.figures.sessions.push(...after.map((logins, index) => logins - (before[index] ?? 0)));
    return lift;
  }

  /** Everything of a round is of the same minute; in every other one the order is turned round. */
  private async oneHostRound(bare: Bare, turned: boolean): Promise<OneHostRound> {
    const { droplets } = this;
    const other = await droplets.build("small");
    const measureBare = async () => {
      const seconds = await bare.deploy(other.images[front] ?? "");
      return { seconds, update: (await droplets.up()).seconds, preview: (await droplets.preview()).seconds };
    };
    const first = turned ? await measureBare() : undefined;
    const lift = await this.promotion();
    const { seconds, update, preview } = first ?? (await measureBare());
    const { steps } = lift.finished;
    return { promotion: lift.verified, process: lift.seconds, bare: seconds, update, preview, steps };
  }

  /** On one host: the product against the bare script, six services against one, a slow link against a fast one. */
  async onOneHost(rounds: number): Promise<void> {
    const { droplets, figures, say } = this;
    droplets.strategy({ type: "blueGreen" });
    droplets.consist([front]);
    await this.promotion();
    figures.sessions.length = 0;
    const bare = await Bare.prepare(droplets);
    for (let round = 1; round <= rounds; round++) {
      const found = await this.oneHostRound(bare, round % 2 === 0);
      figures.oneHost.push(found);
      say(
        `one host, round ${round} of ${rounds}: promotion ${found.promotion.toFixed(2)} s; bare script ${found.bare.toFixed(2)} s, engine's preview ${found.preview.toFixed(2)} s and update ${found.update.toFixed(2)} s`,
      );
    }
    await bare.end("bare-blue");
    await bare.end("bare-green");
    await this.pairs("slow link", figures.slowLink, rounds, async () => {
      await Promise.all(droplets.hosts.map((one) => one.slowDown(slowness)));
      try {
        return (await this.promotion()).verified;
      } finally {
        await Promise.all(droplets.hosts.map((one) => one.speedUp()));
      }
    });
    await this.pairs("six services", figures.sixServices, rounds, async () => {
      droplets.consist(six);
      try {
        // Its first release brings five services; the second is measured.
        if (figures.sixServices.length === 0) await this.promotion();
        return (await this.promotion()).verified;
      } finally {
        droplets.consist([front]);
      }
    });
    // What is pinned fits the application again: hosts may be added.
    await this.promotion();
  }

  private async pairs(
    name: string,
    into: Pair[],
    rounds: number,
    other: () => Promise<number>,
  ): Promise<void> {
    for (let round = 1; round <= rounds; round++) {
      const plain = (await this.promotion()).verified;
      const pair = { plain, other: await other() };
      into.push(pair);
      this.say(
        `${name}, round ${round} of ${rounds}: promotion ${pair.other.toFixed(2)} s; without ${plain.toFixed(2)} s`,
      );
    }
  }

  /** On four hosts; one host was measured before: droplets of production are not taken away again. */
  async onFourHosts(rounds: number): Promise<void> {
    const { droplets, figures, say } = this;
    droplets.strategy({ type: "blueGreen" });
    droplets.consist([front]);
    await this.promotion();
    for (let round = 1; round <= rounds; round++) {
      const seconds = (await this.promotion()).verified;
      figures.fourHosts.push(seconds);
      say(`four hosts, round ${round} of ${rounds}: promotion ${seconds.toFixed(2)} s`);
    }
  }

  get result(): TimeFigures {
    return this.figures;
  }
}
