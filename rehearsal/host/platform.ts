/** What the DigitalOcean emulator asks of whatever runs droplets: simulated hosts, or containers. */

/** A droplet as its creator described it. */
export interface DropletSpec {
  id: number;
  name: string;
  /** Public IPv4 address, from `allocateAddress("droplet")`. */
  address: string;
  /** cloud-init user data, verbatim; empty when none was given. */
  userData: string;
  /** Public keys in OpenSSH form that the account's API put on the droplet (for root). */
  sshKeys: readonly string[];
  tags: readonly string[];
}

/** What an address is for: a droplet, a reserved address that moves between droplets, or a load balancer. */
export type AddressKind = "droplet" | "reserved" | "loadBalancer";

export interface HostPlatform {
  /**
   * A fresh address that can be reached from this machine. That of a load balancer is one that this process can listen
   * on, and from which droplets can be reached: the imitated DigitalOcean itself does the balancing.
   */
  allocateAddress(kind: AddressKind): string;
  /** Starts the host; resolves when its SSH server answers. */
  boot(droplet: DropletSpec): Promise<void>;
  powerOff(id: number): Promise<void>;
  powerOn(id: number): Promise<void>;
  destroy(id: number): Promise<void>;
  /** Points a reserved address at a host: what it publishes is served there too. */
  assignAddress(id: number, address: string): Promise<void>;
  unassignAddress(address: string): Promise<void>;
}
