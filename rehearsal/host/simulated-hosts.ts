/** Droplets without machines: every host is simulated in this process. */
import { rmdir } from "node:fs/promises";
import type { Faults } from "../faults/faults.ts";
import { Addresses, verifyBindable } from "./addresses.ts";
import { DockerSocket } from "./docker/socket.ts";
import { HostFailure } from "./failure.ts";
import { Machine } from "./machine/machine.ts";
import type { AddressKind, DropletSpec, HostPlatform } from "./platform.ts";
import { LayerCache } from "./pull/layers.ts";

export interface SimulatedHostsOptions {
  /** Folder for the hosts' files; made when it is missing; `close` removes them again. */
  directory: string;
  /** First three numbers of the addresses, for instance `127.77.3`. */
  subnet: string;
  /** The port of every host's SSH server. */
  sshPort: number;
  /** Asked on every connection, command and call of a stand-in program, as part `host`. */
  faults: Faults;
}

export class SimulatedHosts implements HostPlatform {
  private readonly options: SimulatedHostsOptions;
  private readonly addresses: Addresses;
  private readonly socket = new DockerSocket();
  private readonly layers = new LayerCache();
  private readonly machines = new Map<number, Machine>();
  /** Reserved addresses, and the hosts they lead to. */
  private readonly reserved = new Map<string, Machine>();

  constructor(options: SimulatedHostsOptions) {
    this.options = options;
    this.addresses = new Addresses(options.subnet);
  }

  /** Hosts that exist, switched on or not. */
  get hosts(): readonly Machine[] {
    return [...this.machines.values()];
  }

  /** By name or number. @throws HostFailure `HostUnknown` */
  host(nameOrId: string | number): Machine {
    const found = this.hosts.find(({ name, droplet }) => name === nameOrId || droplet.id === nameOrId);
    if (found) return found;
    throw new HostFailure(
      "HostUnknown",
      `expected one of ${this.hosts.map(({ name }) => name).join(", ")}, found ${nameOrId}`,
      {
        fault: "ours",
      },
    );
  }

  allocateAddress(_kind: AddressKind): string {
    return this.addresses.allocate();
  }

  /** @throws HostFailure `AddressUnavailable`, `HostExists` or `ProgramMissing` */
  async boot(droplet: DropletSpec): Promise<void> {
    if (this.machines.has(droplet.id)) {
      throw new HostFailure("HostExists", `there is a host with the number ${droplet.id} already`, {
        fault: "ours",
      });
    }
    await verifyBindable(droplet.address);
    const { directory, sshPort, faults } = this.options;
    const { socket, layers } = this;
    const machine = new Machine(droplet, { directory, sshPort, faults, socket, layers });
    this.machines.set(droplet.id, machine);
    try {
      await machine.create();
    } catch (cause) {
      await this.destroy(droplet.id);
      throw cause;
    }
  }

  async powerOff(id: number): Promise<void> {
    await this.host(id).switchOff();
  }

  async powerOn(id: number): Promise<void> {
    await this.host(id).switchOn();
  }

  async destroy(id: number): Promise<void> {
    const machine = this.host(id);
    for (const [address, owner] of this.reserved) {
      if (owner === machine) await this.unassignAddress(address);
    }
    this.machines.delete(id);
    await machine.erase();
    this.addresses.release(machine.droplet.address);
  }

  async assignAddress(id: number, address: string): Promise<void> {
    const machine = this.host(id);
    await this.unassignAddress(address);
    await verifyBindable(address);
    this.reserved.set(address, machine);
    await machine.addAddress(address);
  }

  async unassignAddress(address: string): Promise<void> {
    this.reserved.get(address)?.removeAddress(address);
    this.reserved.delete(address);
  }

  /** Ends everything: no process, listener, timer or file of a host is left. */
  async close(): Promise<void> {
    await Promise.all([...this.machines.keys()].map((id) => this.destroy(id)));
    await this.socket.close();
    // The folder itself may hold other things.
    await rmdir(this.options.directory).catch(() => {});
  }
}
