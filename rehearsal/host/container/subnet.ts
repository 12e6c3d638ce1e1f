/** Picks a network of its own for a world. */
import { randomInt } from "node:crypto";

/** An IPv4 network: its first address as a number, and how many bits of an address it fixes. */
export interface Ipv4Range {
  first: number;
  bits: number;
}

const numberOf = (address: string) =>
  address.split(".").reduce((number, part) => number * 256 + Number(part), 0);

const sizeOf = (bits: number) => 2 ** (32 - bits);

/** Reads `10.64.3.0/24`; a host's own address stands for its network. `undefined` for anything else, IPv6 too. */
export function parseRange(text: string): Ipv4Range | undefined {
  const found = /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d{1,2})$/.exec(text);
  const bits = Number(found?.[2]);
  if (!found?.[1] || bits > 32) return undefined;
  const address = numberOf(found[1]);
  return { first: address - (address % sizeOf(bits)), bits };
}

/** Whether two ranges share an address. */
export function overlap(a: Ipv4Range, b: Ipv4Range): boolean {
  return a.first < b.first + sizeOf(b.bits) && b.first < a.first + sizeOf(a.bits);
}

/** Ranges in the kernel's routing table (`/proc/net/route`: hexadecimal, least significant byte first); the default route is none. */
export function routedRanges(table: string): Ipv4Range[] {
  const number = (hexadecimal: string) => Buffer.from(hexadecimal, "hex").reverse().readUInt32BE();
  return table
    .split("\n")
    .slice(1)
    .map((line) => line.split("\t"))
    .filter((fields) => fields.length > 7)
    .map((fields) => ({
      first: number(fields[1] ?? ""),
      bits: number(fields[7] ?? "")
        .toString(2)
        .replaceAll("0", "").length,
    }))
    .filter(({ bits }) => bits > 0);
}

/**
 * A random network of 254 addresses in 10.64.0.0/10 that none of the taken ranges touches: hosts' own container networks are elsewhere
 * (172.16.0.0/12 and 192.168.0.0/16). `undefined` when fifty were tried in vain.
 * @returns its first three numbers, for instance `10.77.3`
 */
export function chooseSubnet(
  taken: readonly Ipv4Range[],
  draw: (below: number) => number = (below) => randomInt(below),
): string | undefined {
  for (let attempt = 0; attempt < 50; attempt++) {
    const subnet = `10.${64 + draw(64)}.${draw(256)}`;
    const range = { first: numberOf(`${subnet}.0`), bits: 24 };
    if (!taken.some((other) => overlap(range, other))) return subnet;
  }
  return undefined;
}
