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

export interface HostPlatform {
  /** A fresh address on which a droplet (or a reserved address) can be reached from this machine. */
  allocateAddress(kind: "droplet" | "reserved"): string;
  /** Starts the host; resolves when its SSH server answers. */
  boot(droplet: DropletSpec): Promise<void>;
  powerOff(id: number): Promise<void>;
  powerOn(id: number): Promise<void>;
  destroy(id: number): Promise<void>;
  /** Points a reserved address at a host: what it publishes is served there too. */
  assignAddress(id: number, address: string): Promise<void>;
  unassignAddress(address: string): Promise<void>;
}
