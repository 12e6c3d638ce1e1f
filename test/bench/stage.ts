import { digestsOf, type Release } from "../../src/release/release.ts";
import { bring } from "./driver.ts";
import { BenchFailure } from "./failure.ts";
import type { WorldClient } from "./world/client.ts";
import type { HostState } from "./world/protocol.ts";

/** Brings both environments up with a first release. @param say told what goes on @returns that release */
export async function bringUp(world: WorldClient, say: (text: string) => void): Promise<Release> {
  say("both environments come up, with a first release");
  await world.call("up");
  const first = await world.call("release", { version: "1.0.0" });
  for (const environment of ["staging", "production"]) await bring(world.description, environment, first);
  return first;
}

/** A figure counts only if the work was done: every host of production runs exactly this release. @throws BenchFailure */
export async function verifyRuns(world: WorldClient, release: Release): Promise<HostState[]> {
  const hosts = await world.call("hosts");
  const { migrator: _, ...expected } = digestsOf(release);
  for (const { name, digests } of hosts)
    for (const [service, digest] of Object.entries(expected))
      if (digests[service] !== digest)
        throw new BenchFailure(
          `expected ${service} ${digest} (${release.version}) on ${name}, found ${digests[service] ?? "nothing"}`,
        );
  return hosts;
}
