/** Droplets as containers of the machine's own engine. */
import { randomBytes, randomInt } from "node:crypto";
import { readFile, rmdir } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { z } from "zod";
import { Addresses } from "../addresses.ts";
import type { AddressKind, DropletSpec, HostPlatform } from "../platform.ts";
import { ContainerHost, type HostSurroundings } from "./container-host.ts";
import { DockerApi, engineSocket } from "./docker-api.ts";
import { ContainerFailure } from "./failure.ts";
import { ensureImage } from "./image.ts";
import { type Labels, labelsOf } from "./labels.ts";
import { removeLeftovers, removeWorld } from "./leftovers.ts";
import { thisOwner } from "./owner.ts";
import { cacheFolder, readBusybox } from "./root-file-system.ts";
import { chooseSubnet, parseRange, routedRanges } from "./subnet.ts";

export interface ContainerHostsOptions {
  /** Folder for the hosts' disks; made when it is missing; `close` removes them again. */
  directory: string;
  /** Where `DOCKER_HOST` and `XDG_CACHE_HOME` are looked for; default: this process's. */
  environment?: Readonly<Record<string, string | undefined>>;
}

/** What starting has found out. */
interface Grounds {
  around: HostSurroundings;
  registries: Map<string, string>;
  subnet: string;
  busybox: Buffer;
}

export class ContainerHosts implements HostPlatform {
  /** Random name of the world: every container and network of it has it as a label. */
  readonly world: string;
  /** A static busybox, the only program of the example images. */
  readonly busybox: Buffer;
  /** This machine's address in the hosts' network: what listens there the hosts can reach, and nothing else. */
  readonly gateway: string;
  /** The hosts' network, as `10.77.3.0/24`. */
  readonly network: string;
  private readonly around: HostSurroundings;
  private readonly registries: Map<string, string>;
  private readonly addresses: Addresses;
  private readonly balancers: Addresses;
  private readonly containers = new Map<number, ContainerHost>();
  /** Reserved addresses, and the hosts they lead to. */
  private readonly reserved = new Map<string, ContainerHost>();

  private constructor({ around, registries, subnet, busybox }: Grounds) {
    this.around = around;
    this.registries = registries;
    this.world = around.world;
    this.busybox = busybox;
    this.gateway = `${subnet}.1`;
    this.network = around.range;
    this.addresses = new Addresses(subnet);
    // Nobody but this machine asks them: they need no place among the hosts.
    this.balancers = new Addresses(`127.${randomInt(64, 250)}.${randomInt(1, 250)}`);
  }

  /**
   * Removes what killed worlds left, makes sure that the hosts' image is there, and makes a network.
   * @throws ContainerFailure
   */
  static async start({
    directory,
    environment = process.env,
  }: ContainerHostsOptions): Promise<ContainerHosts> {
    const api = await DockerApi.connect(engineSocket(environment));
    const owner = thisOwner();
    await removeLeftovers(api, owner);
    const { folder } = await ensureImage(api, cacheFolder(environment));
    const world = randomBytes(4).toString("hex");
    const labels = labelsOf(world, owner, directory);
    const network = `liftlock-${world}`;
    const [subnet, busybox] = await Promise.all([createNetwork(api, network, labels), readBusybox(folder)]);
    const registries = new Map<string, string>();
    const around = { api, world, network, range: `${subnet}.0/24`, labels, directory, registries };
    return new ContainerHosts({ around, registries, subnet, busybox });
  }

  /** Lets hosts that boot from now on trust a registry (`host:port`) whose certificate this authority (PEM) has issued. */
  trust(registry: string, certificate: string): void {
    this.registries.set(registry, certificate);
  }

  /** Hosts that exist, switched on or not. */
  get hosts(): readonly ContainerHost[] {
    return [...this.containers.values()];
  }

  /** By name or number. @throws ContainerFailure `HostUnknown` */
  host(nameOrId: string | number): ContainerHost {
    const found = this.hosts.find(({ name, droplet }) => name === nameOrId || droplet.id === nameOrId);
    if (found) return found;
    throw new ContainerFailure(
      "HostUnknown",
      `expected one of ${this.hosts.map(({ name }) => name).join(", ")}, found ${nameOrId}`,
      { fault: "ours" },
    );
  }

  allocateAddress(kind: AddressKind): string {
    return (kind === "loadBalancer" ? this.balancers : this.addresses).allocate();
  }

  /** @throws ContainerFailure */
  async boot(droplet: DropletSpec): Promise<void> {
    if (this.containers.has(droplet.id)) {
      throw new ContainerFailure("HostExists", `there is a host with the number ${droplet.id} already`, {
        fault: "ours",
      });
    }
    const host = new ContainerHost(droplet, this.around);
    this.containers.set(droplet.id, host);
    try {
      await host.create();
    } catch (cause) {
      await this.destroy(droplet.id);
      throw cause;
    }
  }

  async powerOff(id: number): Promise<void> {
    await this.host(id).powerOff();
  }

  async powerOn(id: number): Promise<void> {
    await this.host(id).powerOn();
  }

  async destroy(id: number): Promise<void> {
    const host = this.host(id);
    for (const [address, owner] of this.reserved) if (owner === host) this.reserved.delete(address);
    this.containers.delete(id);
    await host.erase();
    this.addresses.release(host.droplet.address);
  }

  async assignAddress(id: number, address: string): Promise<void> {
    const host = this.host(id);
    await this.unassignAddress(address);
    this.reserved.set(address, host);
    await host.assignAddress(address);
  }

  async unassignAddress(address: string): Promise<void> {
    const host = this.reserved.get(address);
    this.reserved.delete(address);
    await host?.unassignAddress(address);
  }

  /** Ends everything: no container, network, mount or file of a host is left. */
  async close(): Promise<void> {
    await Promise.all([...this.containers.keys()].map((id) => this.destroy(id)));
    const { api, world, directory } = this.around;
    await removeWorld(api, world, directory);
    // The folder itself may hold other things.
    await rmdir(directory).catch(() => undefined);
  }
}

const joined = z.array(
  z.object({
    IPAM: z.object({ Config: z.array(z.object({ Subnet: z.string().optional() })).nullable() }),
  }),
);

/** Ranges that this machine uses, as far as it knows. */
async function takenRanges(api: DockerApi) {
  const networks = await api.read(joined, { method: "GET", path: "/networks" });
  const own = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  return [
    ...networks.flatMap(({ IPAM }) => IPAM.Config ?? []).map(({ Subnet }) => Subnet ?? ""),
    ...own.map(({ cidr }) => cidr ?? ""),
  ]
    .map(parseRange)
    .filter((range) => range !== undefined)
    .concat(routedRanges(await readFile("/proc/net/route", "utf8")));
}

/** A network without a way to the outside. @returns its first three numbers */
async function createNetwork(api: DockerApi, name: string, labels: Labels): Promise<string> {
  // Another world may take the same one at the same moment.
  for (let attempt = 0; attempt < 5; attempt++) {
    const subnet = chooseSubnet(await takenRanges(api));
    if (subnet === undefined) break;
    const { status } = await api.ask({
      method: "POST",
      path: "/networks/create",
      also: [403],
      json: {
        Name: name,
        Driver: "bridge",
        Internal: true,
        Labels: labels,
        IPAM: { Config: [{ Subnet: `${subnet}.0/24`, Gateway: `${subnet}.1` }] },
      },
    });
    if (status !== 403) return subnet;
  }
  throw new ContainerFailure("NetworkUnavailable", "expected a free network in 10.64.0.0/10, found none", {
    hint: "docker network prune",
  });
}
