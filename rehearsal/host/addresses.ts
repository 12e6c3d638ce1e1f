/** Loopback addresses for hosts: on Linux the whole of 127.0.0.0/8 can be bound without being configured. */
import { createServer } from "node:net";
import { HostFailure } from "./failure.ts";

/** Hands out the addresses `<subnet>.2` to `<subnet>.254`; those that were given back only when the others are gone. */
export class Addresses {
  private readonly subnet: string;
  private next = 2;
  private readonly free: string[] = [];

  /** @param subnet the first three numbers of the addresses, for example `127.77.3` */
  constructor(subnet: string) {
    this.subnet = subnet;
  }

  /** @throws HostFailure `AddressesExhausted` */
  allocate(): string {
    if (this.next > 254) {
      const reused = this.free.shift();
      if (reused !== undefined) return reused;
      throw new HostFailure("AddressesExhausted", `all 253 addresses of ${this.subnet}.0/24 are taken`, {
        hint: "Use another subnet, or fewer droplets and reserved addresses.",
      });
    }
    const address = `${this.subnet}.${this.next}`;
    this.next += 1;
    return address;
  }

  release(address: string): void {
    this.free.push(address);
  }
}

/** Makes sure that the address can be bound at all. @throws HostFailure `AddressUnavailable` */
export function verifyBindable(address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", (cause) => reject(unavailable(address, cause)));
    probe.listen({ host: address, port: 0 }, () => probe.close(() => resolve()));
  });
}

function unavailable(address: string, cause: Error): HostFailure {
  return new HostFailure("AddressUnavailable", `the address ${address} cannot be bound: ${cause.message}`, {
    hint:
      process.platform === "darwin"
        ? `macOS only has 127.0.0.1. Add the address: sudo ifconfig lo0 alias ${address} up`
        : "Simulated hosts need loopback addresses (127.0.0.0/8) of their own.",
    cause,
  });
}
