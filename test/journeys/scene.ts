import { afterAll, afterEach, beforeAll, expect } from "vitest";
import type { ShopFaults } from "../../rehearsal/images/shop.ts";
import type { World } from "../../rehearsal/world/world.ts";
import type { PromotionResult } from "../../src/automation/messages.ts";
import { deploy, promote } from "../../src/automation/promote.ts";
import { resume } from "../../src/automation/resume.ts";
import { Failure } from "../../src/release/failure.ts";
import type { Release } from "../../src/release/release.ts";
import { type Actor, actor, configuration, productionRuns, type StageOptions, stage } from "./stage.ts";

/** One world for a file of stories; each leaves production serving a verified release, from which the next starts. */
export class Scene {
  private number = 0;
  private up: World | undefined;
  private now: Release | undefined;

  /** @param hosts of production; default 2 */
  constructor(hosts?: number, options?: StageOptions) {
    beforeAll(async () => {
      const { world, first } = await stage(hosts, options);
      this.up = world;
      this.now = first;
    }, 180_000);
    afterAll(() => this.up?.[Symbol.asyncDispose]());
    afterEach(() => this.settle());
  }

  get world(): World {
    return this.up ?? expect.unreachable("the world is not up");
  }

  /** What production serves, verified. */
  get serving(): Release {
    return this.now ?? expect.unreachable("nothing is served yet");
  }

  /** A new release in the registry. */
  release(faults?: ShopFaults): Promise<Release> {
    this.number += 1;
    return this.world.release(`2.${this.number}.0`, "2222222", faults);
  }

  /** Brings a release into production by hand. */
  lift(release: Release, who: Actor = actor(this.world)): Promise<PromotionResult> {
    return deploy(who.context, { environment: "production", release, allow: [] });
  }

  /** Brings a release into staging, and promotes it. */
  async promote(release: Release, who: Actor = actor(this.world)): Promise<PromotionResult> {
    const staged = await deploy(actor(this.world).context, { environment: "staging", release, allow: [] });
    expect(staged.status).toBe("Completed");
    return promote(who.context, { from: "staging", to: "production", allow: [] });
  }

  /** Pin and hosts agree that production serves this release and nothing is under way. */
  expectServing(release: Release): void {
    expect(productionRuns(this.world, release)).toBe(true);
    const config = configuration(this.world.workDirectory);
    expect(config["liftlock:release"]).toMatchObject({ version: release.version });
    expect(config).not.toHaveProperty("liftlock:candidate");
    this.now = release;
  }

  expectRolledBack(result: PromotionResult, code: string, to: Release = this.serving): void {
    expect(result).toMatchObject({ status: "RolledBack", reason: { code }, runs: { version: to.version } });
    this.expectServing(to);
  }

  /** A story that failed must not fail the next one too. */
  private async settle(): Promise<void> {
    this.world.faults.clear();
    const config = configuration(this.world.workDirectory);
    if (!("liftlock:candidate" in config) && productionRuns(this.world, this.serving)) return;
    await resume(actor(this.world).context, "production");
    this.now = configuration(this.world.workDirectory)["liftlock:release"] as Release;
  }
}

/** The failure with which a command refused. */
export async function refusal(work: Promise<unknown>): Promise<Failure> {
  const thrown = await work.then(
    () => expect.unreachable("expected a refusal"),
    (error: unknown) => error,
  );
  if (thrown instanceof Failure) return thrown;
  throw thrown;
}
