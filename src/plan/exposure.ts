import { type HostFacts, type HostReading, type Listener, wasRead } from "./facts.ts";
import type { HostDifference } from "./hostDrift.ts";

/** A port of a host that is meant to be reachable from beside it. */
export type DeclaredPort = Pick<Listener, "protocol" | "port">;

/**
 * What every droplet of Debian may have before anything of ours is there: DHCP for both families (systemd-networkd), names on the
 * local network (systemd-resolved), time (ntpd). https://www.freedesktop.org/software/systemd/man/latest/resolved.conf.html
 */
const ofTheImage: readonly DeclaredPort[] = [
  { protocol: "udp", port: 68 },
  { protocol: "udp", port: 546 },
  { protocol: "udp", port: 123 },
  { protocol: "udp", port: 5353 },
  { protocol: "udp", port: 5355 },
  { protocol: "tcp", port: 5355 },
];

/** Of a cluster of container engines. https://docs.docker.com/engine/swarm/swarm-tutorial/#open-protocols-and-ports-between-the-hosts */
export const clusterPorts: readonly DeclaredPort[] = [
  { protocol: "tcp", port: 2377 },
  { protocol: "tcp", port: 7946 },
  { protocol: "udp", port: 7946 },
  { protocol: "udp", port: 4789 },
];

/** From here on the kernel gives ports to programs that ask somebody: a UDP socket there waits for one answer. `ip_local_port_range` */
const firstEphemeral = 32_768;

/** Addresses that only the environment's own network, or the link, reaches. RFC 1918, 3927, 4193, 4291, 6598 */
const ownNetwork =
  /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|\[fe[89ab][\da-f]:|\[f[cd][\da-f]{2}:)/i;
const loopback = /^(?:127\.|\[::1\]|\[::ffff:127\.)/i;

/** Whether the whole internet could ask there, but for the firewall. */
export const isPublicAddress = (address: string): boolean =>
  !loopback.test(address) && !ownNetwork.test(address);

const isDeclared = ({ protocol, port }: Listener, declared: readonly DeclaredPort[]): boolean =>
  (protocol === "udp" && port >= firstEphemeral) ||
  [...ofTheImage, ...declared].some((one) => one.protocol === protocol && one.port === port);

function undeclared({ host, listeners }: HostFacts, declared: readonly DeclaredPort[]): HostDifference[] {
  if (listeners === undefined) return [];
  if (listeners === "unknown")
    return [{ host, message: "what listens there is not known: the host has no `ss` (package iproute2)" }];
  const found = new Map<string, string[]>();
  for (const socket of listeners)
    if (isPublicAddress(socket.address) && !isDeclared(socket, declared)) {
      const name = `${socket.protocol} ${socket.port}`;
      found.set(name, [...(found.get(name) ?? []), socket.address]);
    }
  return [...found].map(([name, addresses]) => ({
    host,
    message: `${name} listens on ${addresses.join(" and ")}, and nothing declares it (liftlock:fleet.ports, the compose file, the edge)`,
  }));
}

function openMetadata({ host, guard }: HostFacts): HostDifference[] {
  if (guard === undefined || guard === "active") return [];
  const message =
    guard === ""
      ? "whether containers are kept from the metadata service is not known: the host has no systemctl"
      : `containers can read the metadata service, which holds the host's key: liftlock-metadata is ${guard}; as root there: systemctl start liftlock-metadata`;
  return [{ host, message }];
}

/**
 * What can be reached on the hosts and is declared nowhere, and where containers can read their host's user data. Looks past the firewall, as the
 * environment's other hosts do.
 */
export const judgeExposure = (
  readings: readonly HostReading[],
  declared: readonly DeclaredPort[],
): HostDifference[] =>
  readings.filter(wasRead).flatMap((facts) => [...undeclared(facts, declared), ...openMetadata(facts)]);
