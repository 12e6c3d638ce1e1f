import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { parse, stringify } from "yaml";
import type { ShopFaults } from "../../rehearsal/images/shop.ts";
import type { World } from "../../rehearsal/world/world.ts";
import type { Scene } from "./scene.ts";
import { actor, servingSlot } from "./stage.ts";
import { Traffic } from "./traffic.ts";

/** Changes production's configuration, as a person would in an editor. */
export function configure(
  world: World,
  change: (config: Record<string, Record<string, unknown>>) => void,
): void {
  const file = join(world.workDirectory, "Pulumi.production.yaml");
  const document = parse(readFileSync(file, "utf8")) as { config: Record<string, Record<string, unknown>> };
  change(document.config);
  writeFileSync(file, stringify(document, { lineWidth: 0 }));
}

export const setStrategy = (world: World, strategy: Record<string, unknown>): void =>
  configure(world, (config) => {
    config["liftlock:strategy"] = strategy;
  });

/** Hosts of production. */
export const productionHosts = (world: World) =>
  world.hosts.hosts.filter(({ name }) => name.includes("-production-"));

/** What has to be there for a story to go on. */
export const present = <T>(value: T | undefined): T => value ?? expect.unreachable("something is missing");

/** The n-th host of production, counted from 1. */
export const hostNumber = (world: World, number: number) => present(productionHosts(world)[number - 1]);

/** People who ask every host of production. */
export const trafficOn = (world: World, path = "/api/version"): Traffic =>
  new Traffic(
    productionHosts(world).map(({ droplet }) => `http://${droplet.address}:${world.ports.http}${path}`),
  );

/** Containers of the slot that serves on each host, and when each was started. */
export const servingContainers = (world: World): string[] =>
  productionHosts(world).flatMap((host) =>
    host.engine
      .containers()
      .filter(
        ({ status, spec }) =>
          status === "running" &&
          spec.labels["com.docker.compose.project"] === `shop-${servingSlot(host) ?? ""}` &&
          // It runs once, so it is stopped in the slot that is left.
          spec.labels["com.docker.compose.service"] !== "scheduler",
      )
      .map(({ id, startedAt }) => `${id} ${startedAt}`),
  );

/** Brings a release while people ask all the time. */
export async function liftWhileAsked(scene: Scene, faults?: ShopFaults, path?: string) {
  const release = await scene.release(faults);
  const who = actor(scene.world);
  const traffic = trafficOn(scene.world, path);
  const result = await scene.lift(release, who);
  const seen = await traffic.stop();
  // Nobody asked, nobody was dropped: that would prove nothing.
  expect(seen.asked).toBeGreaterThan(50);
  const steps = who.messages.flatMap((m) => (m.code === "step.finished" ? [m.payload] : []));
  return { release, result, seen, steps };
}
