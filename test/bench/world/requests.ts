import { type Traffic, trafficOf } from "../../../rehearsal/registry/traffic.ts";
import type { World } from "../../../rehearsal/world/world.ts";
import { BenchFailure } from "../failure.ts";
import type { RegistryRequest } from "./protocol.ts";

/** The log keeps so many requests and forgets older ones. */
const kept = 10_000;

/** Bytes of the blob that a request read, or brought to its end. */
function bytesOf(world: World, { kind, repository, reference, request }: Traffic): number {
  if (request.status < 200 || request.status > 299) return 0;
  const uploaded = /[?&]digest=(sha256:[0-9a-f]{64})/.exec(decodeURIComponent(request.path))?.[1];
  const digest = kind === "blob" ? reference : kind === "upload" ? uploaded : undefined;
  return digest === undefined ? 0 : (world.registry.store.blob(repository, digest)?.length ?? 0);
}

/** Takes what the registry was asked out of its log. @throws BenchFailure when some of it is forgotten already */
export function takeRequests(world: World): RegistryRequest[] {
  const log = world.registry.requests;
  const requests = log.all();
  if (requests.length >= kept)
    throw new BenchFailure(`expected fewer than ${kept} requests to the registry: older ones are forgotten`);
  const hosts = new Set(world.hosts.hosts.map((host) => host.droplet.address));
  const taken = trafficOf(requests).map((traffic) => ({
    kind: traffic.kind,
    at: traffic.request.at,
    byHost: hosts.has(traffic.request.from),
    bytes: bytesOf(world, traffic),
  }));
  log.clear();
  return taken;
}
