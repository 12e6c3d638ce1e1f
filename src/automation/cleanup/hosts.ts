import { FleetConnections } from "../../hosts/fleet.ts";
import { protectedDigests, rollbackWindow } from "../../plan/retention/protection.ts";
import { releaseId } from "../../release/release.ts";
import type { EnvironmentNeeds } from "../neededImages.ts";
import type { HostCleanup } from "./report.ts";

/** What the hosts have too much, removed or not. */
export async function pruneHosts(needs: readonly EnvironmentNeeds[], apply: boolean): Promise<HostCleanup[]> {
  const digests = [...protectedDigests(needs.map(({ images }) => images)).keys()];
  const repositories = [...new Set(needs.flatMap((one) => [...one.repositories]))];
  const found = await Promise.all(
    needs.map(async ({ images, outputs }) => {
      using fleet = new FleetConnections(outputs.app, outputs.hosts, outputs.access.privateKey);
      const all = [...images.pinned, ...images.open, ...rollbackWindow(images)];
      const releases = [...new Set(all.map(releaseId))];
      return (await fleet.prune({ digests, repositories, releases }, apply)).map((host): HostCleanup => {
        const at = { environment: images.environment, host: host.host };
        if ("problem" in host) return { ...at, images: 0, bytes: 0, containers: 0, problem: host.problem };
        const bytes = host.images.reduce((sum, image) => sum + image.bytes, 0);
        return {
          ...at,
          disk: host.disk,
          images: host.images.length,
          bytes,
          containers: host.containers,
          ...(host.busy && { problem: "a deployment is at work" }),
        };
      });
    }),
  );
  return found.flat();
}
