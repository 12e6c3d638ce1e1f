/** A platform that boots nothing and writes down what it was asked for. */
import type { AddressKind, DropletSpec, HostPlatform } from "../../../rehearsal/host/platform.ts";

export class FakePlatform implements HostPlatform {
  /** What was asked, oldest first: `boot web-1`, `assign 1002 127.0.1.3`. */
  readonly asked: string[] = [];
  readonly specs: DropletSpec[] = [];
  /** What each call waits for; replaced by tests that want it to take long, or to fail. */
  gate: (what: string) => Promise<void> = () => Promise.resolve();
  private addresses = 0;

  allocateAddress(kind: AddressKind): string {
    this.addresses += 1;
    // Load balancers really listen: test files run side by side in processes of their own.
    const subnet = { droplet: "0.1", reserved: "0.2", loadBalancer: `${(process.pid % 200) + 20}.252` }[kind];
    return `127.${subnet}.${this.addresses}`;
  }

  boot(droplet: DropletSpec): Promise<void> {
    this.specs.push(droplet);
    return this.note(`boot ${droplet.name}`);
  }

  powerOff(id: number): Promise<void> {
    return this.note(`off ${id}`);
  }

  powerOn(id: number): Promise<void> {
    return this.note(`on ${id}`);
  }

  destroy(id: number): Promise<void> {
    return this.note(`destroy ${id}`);
  }

  assignAddress(id: number, address: string): Promise<void> {
    return this.note(`assign ${id} ${address}`);
  }

  unassignAddress(address: string): Promise<void> {
    return this.note(`unassign ${address}`);
  }

  private note(what: string): Promise<void> {
    this.asked.push(what);
    return this.gate(what);
  }
}

/** A promise and what settles it. */
export function deferred(): { promise: Promise<void>; resolve: () => void; reject: (cause: Error) => void } {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  return { promise, resolve, reject };
}
