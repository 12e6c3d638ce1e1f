import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clusterPorts, type DeclaredPort, isPublicAddress, judgeExposure } from "../../src/plan/exposure.ts";
import type { HostFacts, Listener } from "../../src/plan/facts.ts";
import { host, release } from "../releases.ts";

const current = release("1.1.0");
const declared: readonly DeclaredPort[] = [22, 80].map((port) => ({ protocol: "tcp", port }));
const judge = (change: Partial<HostFacts>, ports = declared) =>
  judgeExposure([host("h1", current, 4, change)], ports).map(({ message }) => message);
const socket = (protocol: "tcp" | "udp", address: string, port: number): Listener => ({
  protocol,
  address,
  port,
});

/** A droplet of Debian 13 as cloud-init leaves it, the application published by the engine's proxy. */
const untouched: readonly Listener[] = [
  socket("udp", "10.114.0.2", 68),
  socket("udp", "[fe80::1]", 546),
  socket("udp", "0.0.0.0", 5355),
  socket("udp", "0.0.0.0", 5353),
  socket("udp", "[::]", 123),
  socket("udp", "0.0.0.0", 45_411),
  socket("tcp", "[::]", 5355),
  socket("tcp", "0.0.0.0", 22),
  socket("tcp", "[::]", 22),
  socket("tcp", "0.0.0.0", 80),
  socket("tcp", "10.114.0.2", 5432),
];

describe("judgeExposure", () => {
  it.each<[string, Partial<HostFacts>, RegExp[]]>([
    ["a host as it was made", { listeners: untouched, guard: "active" }, []],
    ["a host that was not asked", {}, []],
    [
      "a program that somebody started, for both families",
      { listeners: [...untouched, socket("tcp", "0.0.0.0", 9000), socket("tcp", "[::]", 9000)] },
      [/^tcp 9000 listens on 0\.0\.0\.0 and \[::\],/],
    ],
    ["on an address of the internet", { listeners: [socket("tcp", "203.0.113.7", 8080)] }, [/tcp 8080/]],
    ["the database for everybody", { listeners: [socket("tcp", "0.0.0.0", 5432)] }, [/tcp 5432/]],
    ["a declared port, but as UDP", { listeners: [socket("udp", "*", 80)] }, [/udp 80/]],
    ["a host without ss", { listeners: "unknown" }, [/not known.*`ss`/]],
    ["a guard that is off", { guard: "inactive" }, [/systemctl start liftlock-metadata/]],
    ["a guard of which nothing is known", { guard: "" }, [/not known/]],
  ])("%s", (_, change, messages) => {
    const found = judge(change);
    expect(found).toHaveLength(messages.length);
    for (const [i, message] of messages.entries()) expect(found[i]).toMatch(message);
  });

  it("knows a cluster's ports where there is one", () => {
    const listeners = clusterPorts.map(({ protocol, port }) => socket(protocol, "*", port));
    expect(judge({ listeners })).toHaveLength(4);
    expect(judge({ listeners }, [...declared, ...clusterPorts])).toEqual([]);
  });

  it("never tells of loopback and its own network, and always of what is public and declared nowhere", () => {
    const number = fc.integer({ min: 0, max: 255 });
    const address = fc.tuple(number, number, number, number).map((parts) => parts.join("."));
    fc.assert(
      fc.property(address, fc.integer({ min: 1024, max: 5000 }), (at, port) => {
        expect(judge({ listeners: [socket("tcp", at, port)] })).toHaveLength(isPublicAddress(at) ? 1 : 0);
      }),
    );
    const shared = fc
      .tuple(fc.constantFrom("10", "127"), number, number, number)
      .map((parts) => parts.join("."));
    fc.assert(fc.property(shared, (at) => !isPublicAddress(at)));
  });

  it("says nothing of a host that cannot be read: others do", () => {
    expect(judgeExposure([{ host: "h1", unreachable: "x" }], declared)).toEqual([]);
  });
});
