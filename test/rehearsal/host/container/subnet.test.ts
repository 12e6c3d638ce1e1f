import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  chooseSubnet,
  overlap,
  parseRange,
  routedRanges,
} from "../../../../rehearsal/host/container/subnet.ts";

const range = (text: string) => parseRange(text) ?? expect.unreachable(`${text} is no range`);

describe("ranges", () => {
  test.each([
    ["10.64.3.0/24", { first: 0x0a400300, bits: 24 }],
    ["10.64.3.77/24", { first: 0x0a400300, bits: 24 }],
    ["172.17.0.1/16", { first: 0xac110000, bits: 16 }],
    ["0.0.0.0/0", { first: 0, bits: 0 }],
    ["fd00::2/64", undefined],
    ["10.64.3.0", undefined],
    ["10.64.3.0/33", undefined],
    ["", undefined],
  ])("%s", (text, expected) => expect(parseRange(text)).toEqual(expected));

  test.each([
    ["10.64.3.0/24", "10.64.3.128/25", true],
    ["10.0.0.0/8", "10.64.3.0/24", true],
    ["10.64.3.0/24", "10.64.4.0/24", false],
    ["10.64.2.0/23", "10.64.4.0/24", false],
    ["0.0.0.0/0", "192.168.0.0/16", true],
  ])("%s and %s share addresses: %s", (a, b, expected) => {
    expect(overlap(range(a), range(b))).toBe(expected);
    expect(overlap(range(b), range(a))).toBe(expected);
  });

  test("of a routing table, without its default route", () => {
    const table = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
wg0\t0000400A\t00000000\t0001\t0\t0\t0\t0000C0FF\t0\t0\t0
`;
    expect(routedRanges(table)).toEqual([range("192.0.2.0/24"), range("10.64.0.0/10")]);
  });
});

describe("a world's network", () => {
  const address = fc.ipV4().chain((text) => fc.nat(24).map((bits) => range(`${text}/${bits + 8}`)));

  test("touches none that is taken", () => {
    fc.assert(
      fc.property(fc.array(address, { maxLength: 20 }), (taken) => {
        const subnet = chooseSubnet(taken);
        fc.pre(subnet !== undefined);
        expect(subnet).toMatch(/^10\.(6[4-9]|[789]\d|1[01]\d|12[0-7])\.\d{1,3}$/);
        expect(taken.filter((other) => overlap(other, range(`${subnet}.0/24`)))).toEqual([]);
      }),
    );
  });

  test("is not found where all is taken", () => expect(chooseSubnet([range("10.0.0.0/8")])).toBeUndefined());

  test("is another one when the first is taken", () => {
    const drawn = [0, 1, 0, 2];
    expect(chooseSubnet([range("10.64.1.0/24")], () => drawn.shift() ?? 0)).toBe("10.64.2");
  });
});
