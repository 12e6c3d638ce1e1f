import { randomInt } from "node:crypto";
import { join } from "node:path";
import type { Faults } from "../faults/faults.ts";
import type { HostPlatform } from "../host/platform.ts";
import { SimulatedHosts } from "../host/simulated-hosts.ts";
import type { RegistryOptions } from "../registry/server.ts";

/** Where the hosts of a world stand, and what follows from it for everything else. */
export interface Site<H extends HostPlatform = HostPlatform> {
  hosts: H & { close(): Promise<void> };
  ports: { ssh: number; http: number };
  /** Address range from which the driver comes. */
  operators: string;
  /** How the registry is reached from the hosts and from the driver alike. */
  registry: Pick<RegistryOptions, "address" | "tls">;
  /** Told once, when the registry answers. @param host as in image references */
  registryIsUp(host: string): void;
  /** What processes that take part in the world are told by environment variables. */
  environment: Record<string, string>;
  /** PEM of the authority whose certificates the world's servers show; absent where none speaks TLS. */
  authority?: string;
  /** The program that images need where they really run. */
  busybox?: Uint8Array;
}

/** A /24 of the loopback range, so that several worlds fit on one machine. */
const subnet = () => `127.${randomInt(64, 250)}.${randomInt(1, 250)}`;

/** Hosts that are simulated in this process, at loopback addresses. */
export function simulatedSite(directory: string, faults: Faults): Site<SimulatedHosts> {
  const ports = { ssh: 2222, http: 8080 };
  const hosts = new SimulatedHosts({
    directory: join(directory, "hosts"),
    subnet: subnet(),
    sshPort: ports.ssh,
    faults,
  });
  return {
    hosts,
    ports,
    operators: "127.0.0.0/8",
    registry: {},
    registryIsUp: () => undefined,
    environment: {},
  };
}
