import { answersErrors, crashes, neverHealthy } from "../../../rehearsal/images/faulty-releases.ts";
import type { ShopFaults } from "../../../rehearsal/images/shop.ts";
import type { World } from "../../../rehearsal/world/world.ts";
import { audit } from "../../../src/automation/audit.ts";
import { deploy } from "../../../src/automation/promote.ts";
import type { Release } from "../../../src/release/release.ts";
import {
  actor,
  checkout,
  configuration,
  liftlock,
  productionRuns,
  type Ran,
  stage,
} from "../../journeys/stage.ts";
import type { Violation } from "../invariants.ts";
import type { RealFault, RealSchedule } from "./schedule.ts";

const live = { environment: { PAYMENT_MODE: "live" } };

/** What is wrong with each kind of release in production; in staging all of them work, but for one whose migrations fail. */
const faultsOf: Readonly<Record<RealSchedule["release"], ShopFaults>> = {
  good: {},
  crashes: { api: crashes(["it went wrong"], live) },
  hangs: { api: neverHealthy(live) },
  answersErrors: { api: answersErrors("/version", 500, 1, live) },
  migrationFails: { migrator: crashes(["no such table"]) },
};

/** What became of one story. */
export interface RealOutcome {
  /** How each process ended: a state, a refusal's code, or `killed`. */
  ends: string[];
  faults: number;
  violations: Violation[];
}

/** How a process ended, in one word. */
function endOf(ran: Ran): string {
  if (ran.signal !== null) return "killed";
  const last = ran.events.findLast(({ event }) => event === "promotion.finished" || event === "failed");
  const end = last?.["status"] ?? last?.["code"];
  return typeof end === "string" ? end : "nothing";
}

/** One world in which stories are played, one after another. */
export class RealStage implements AsyncDisposable {
  private readonly world: World;
  /** Releases that work. */
  private readonly good: Release[];
  private number = 0;

  private constructor(world: World, first: Release) {
    this.world = world;
    this.good = [first];
  }

  static async open(): Promise<RealStage> {
    const { world, first } = await stage(2);
    return new RealStage(world, first);
  }

  private async release(faults: ShopFaults): Promise<Release> {
    this.number += 1;
    return this.world.release(`3.${this.number}.0`, "3333333", faults);
  }

  private arm(fault: RealFault): void {
    const { faults } = this.world;
    const name = "host" in fault ? `shop-production-${fault.host}` : "";
    switch (fault.kind) {
      case "signal":
        return;
      case "ssh":
        return faults.add({
          part: "host",
          match: `^${name} connect`,
          skip: fault.skip,
          times: fault.times,
          action: { kind: "refuse" },
        });
      case "drop":
        return faults.add({
          part: "host",
          match: `^${name} exec .*Puts one release`,
          action: { kind: "drop", afterMilliseconds: fault.after },
        });
      case "registry":
        return faults.add({
          part: "registry",
          match: ".",
          skip: fault.skip,
          times: fault.times,
          action: { kind: "status", status: fault.status },
        });
      case "lie": {
        const zeros = `sha256:${"0".repeat(64)}`;
        return faults.add({
          part: "host",
          match: `^${name} docker image inspect --format image`,
          skip: 1,
          action: { kind: "lie", text: `image {"id":"${zeros}","digests":["x@${zeros}"]}` },
        });
      }
    }
  }

  /** The first driver, stopped where the schedule says. @param release from a file; absent: promoted from staging */
  private first(faults: readonly RealFault[], release: Release | undefined, directory: string): Promise<Ran> {
    const signals = faults.filter((fault) => fault.kind === "signal");
    const args = release ? ["deploy", "production", "--release", "-"] : ["promote"];
    return liftlock(this.world, args, {
      directory,
      stdin: release ? JSON.stringify(release) : "",
      onEvent: (event, kill) => {
        for (const { step, signal, delay } of signals)
          if (event.event === "step.started" && event["step"] === step) setTimeout(() => kill(signal), delay);
      },
    });
  }

  /** Plays one story; afterwards the world is at rest again. */
  async play(schedule: RealSchedule): Promise<RealOutcome> {
    const { world } = this;
    // A release whose migrations fail does not get through staging: it comes from a file.
    const promoted = schedule.promoted && schedule.release !== "migrationFails";
    const coming = await this.release(faultsOf[schedule.release]);
    const other = schedule.competitor ? await this.release({}) : undefined;
    if (promoted) await deploy(actor(world).context, { environment: "staging", release: coming, allow: [] });
    if (schedule.release === "good") this.good.push(coming);
    if (other) this.good.push(other);
    const [here, there] = [world.workDirectory, checkout(world)];
    const before = world.faults.history.length;
    for (const fault of schedule.faults) this.arm(fault);
    const runs = await Promise.all([
      this.first(schedule.faults, promoted ? undefined : coming, here),
      ...(other
        ? [
            liftlock(world, ["deploy", "production", "--release", "-"], {
              directory: there,
              stdin: JSON.stringify(other),
            }),
          ]
        : []),
    ]);
    const killed = runs.filter(({ signal }) => signal !== null).length;
    const struck = world.faults.history.length - before + killed;
    world.faults.clear();
    const resumed: Ran[] = [];
    for (const directory of schedule.elsewhere ? [there, here] : [here, there])
      for (let round = 0; round < 4; round++) {
        const ran = await liftlock(world, ["resume", "production"], { directory });
        resumed.push(ran);
        if (!ran.events.some(({ event }) => event === "promotion.finished")) break;
      }
    const ended = [...runs, ...resumed];
    return { ends: ended.map(endOf), faults: struck, violations: await this.judge(ended, [here, there]) };
  }

  private async judge(ended: readonly Ran[], checkouts: readonly string[]): Promise<Violation[]> {
    const { world } = this;
    const found: Violation[] = [];
    const say = (invariant: Violation["invariant"], message: string) => found.push({ invariant, message });
    for (const directory of checkouts) {
      const config = configuration(directory);
      const release = config["liftlock:release"] as Release;
      const known = this.good.find(({ version }) => version === release.version);
      if (config["liftlock:candidate"]) say(2, "a checkout is still on the way");
      if (!known) say(1, `${release.version} is pinned, and does not work`);
      if (directory === checkouts[0] && !productionRuns(world, release))
        say(2, `${release.version} is pinned, and not what every host runs`);
    }
    const report = await audit(actor(world, checkouts[0]).context, "production");
    if (!report.chain.intact) say(2, `the journal does not chain: ${JSON.stringify(report.chain.problems)}`);
    // An update that was killed is not in history, and one that a fault ended has no promotion that came.
    for (const { kind, message } of report.comparison?.discrepancies ?? [])
      if (kind === "hostRelease" || kind === "otherRelease") say(2, message);
    const secrets = Object.values(world.secrets).flatMap((each) => Object.values(each));
    const said = ended.map(({ events, stderr }) => JSON.stringify(events) + stderr).join("");
    if (secrets.some((secret) => said.includes(secret))) say(5, "a secret was told");
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.world[Symbol.asyncDispose]();
  }
}
