/** A release on a cluster of three hosts: container droplets, whose engines are real. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ContainerHosts } from "../../rehearsal/host/container/container-hosts.ts";
import type { ShopFaults } from "../../rehearsal/images/shop.ts";
import { startWorld, type World } from "../../rehearsal/world/world.ts";
import type { Message, PromotionResult } from "../../src/automation/messages.ts";
import { onContainers, whyNot } from "../rehearsal/host/container/enabled.ts";
import { configuration, liftlock, pulumi, type Ran } from "./stage.ts";

onContainers();

/** Four updates of a cluster, on two cores that other tests use as well. */
const long = 300_000;

/** Driven by processes of their own: authorities are trusted from a process's start on. */
class ClusterScene {
  readonly world: World<ContainerHosts>;
  private readonly view: World;
  private number = 0;

  constructor(world: World<ContainerHosts>) {
    this.world = world;
    // Only what is the same on every platform is used of it.
    this.view = world as unknown as World;
  }

  up(): Promise<{ exit: number; output: string }> {
    return pulumi(this.view, ["up", "--yes", "--skip-preview", "--stack", "production"]);
  }

  /** Brings a new release into production. */
  async lift(
    faults?: ShopFaults,
    onEvent?: (event: Ran["events"][number]) => void,
  ): Promise<PromotionResult> {
    this.number += 1;
    const release = await this.world.release(`3.${this.number}.0`, "3333333", faults);
    const { events } = await liftlock(this.view, ["deploy", "production", "--release", "-"], {
      stdin: JSON.stringify(release),
      ...(onEvent && { onEvent }),
    });
    const finished = events.findLast(({ event }) => event === "promotion.finished");
    return (finished ?? expect.unreachable(JSON.stringify(events.at(-1)))) as unknown as PromotionResult;
  }

  resume(): Promise<Ran> {
    return liftlock(this.view, ["resume", "production"]);
  }

  /** What production's pin says. */
  get pinned(): string | undefined {
    const { "liftlock:release": release } = configuration(this.world.workDirectory) as {
      "liftlock:release"?: { version: string };
    };
    return release?.version;
  }

  /** What every host says of itself where the public asks. */
  answers(): Promise<string[]> {
    const hosts = this.world.hosts.hosts.filter(({ name }) => name.includes("-production-"));
    return Promise.all(
      hosts.map(async ({ droplet }) => {
        const answer = await fetch(`http://${droplet.address}/api/version`, {
          signal: AbortSignal.timeout(5000),
        });
        return ((await answer.json()) as { version: string }).version;
      }),
    );
  }
}

describe("three hosts as one cluster", () => {
  let scene: ClusterScene;

  beforeAll(async () => {
    if (whyNot !== undefined) return;
    const world = await startWorld({
      directory: mkdtempSync(join(tmpdir(), "liftlock-swarm-")),
      hosts: 3,
      health: { timeout: 30, window: 1 },
      platform: "containers",
      // This kernel may have no IPVS.
      runtime: { type: "swarm", endpoint: "dnsrr", once: ["scheduler"] },
    });
    scene = new ClusterScene(world);
    expect((await scene.up()).exit).toBe(0);
  }, long);

  afterAll(() => scene?.world[Symbol.asyncDispose](), long);

  test("a release comes, a better one takes its place, a bad one is taken back, and a lost host leads to a defined end", {
    timeout: long,
  }, async () => {
    for (const lifted of [await scene.lift(), await scene.lift()]) {
      expect(lifted.reason).toBeUndefined();
      expect(lifted.status).toBe("Completed");
    }
    expect(await scene.answers()).toEqual(["3.2.0", "3.2.0", "3.2.0"]);

    const bad: ShopFaults = { api: { exit: { code: 3, afterMilliseconds: 300 } } };
    expect(await scene.lift(bad)).toMatchObject({
      status: "RolledBack",
      reason: { code: "StartFailed" },
      runs: { version: "3.2.0" },
    });
    expect([scene.pinned, ...(await scene.answers())]).toEqual(Array(4).fill("3.2.0"));

    const worker = scene.world.hosts.host("shop-production-3");
    let off: Promise<void> | undefined;
    const lost = await scene.lift(undefined, (event) => {
      const { step } = event as Partial<Extract<Message, { code: "step.started" }>["payload"]>;
      if (event.event === "step.started" && step === "deploy") off ??= worker.powerOff();
    });
    await off;
    expect(lost.status).not.toBe("Completed");
    expect(scene.pinned).toBe("3.2.0");
    await worker.powerOn();
    await scene.resume();
    expect([scene.pinned, ...(await scene.answers())]).toEqual(Array(4).fill("3.2.0"));
  });
});
