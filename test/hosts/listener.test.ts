import { describe, expect, it } from "vitest";
import { parseListener } from "../../src/hosts/listener.ts";
import { parseObservation } from "../../src/hosts/observation.ts";
import type { Listener } from "../../src/plan/facts.ts";

describe("parseListener", () => {
  // As `ss -H -ltun` of iproute2 6.15 writes them.
  it.each<[string, Listener]>([
    ["tcp 0.0.0.0:22", { protocol: "tcp", address: "0.0.0.0", port: 22 }],
    ["tcp [::]:22", { protocol: "tcp", address: "[::]", port: 22 }],
    ["tcp *:80", { protocol: "tcp", address: "*", port: 80 }],
    ["udp 10.0.0.5%eth0:68", { protocol: "udp", address: "10.0.0.5", port: 68 }],
    ["udp [fe80::1c2d:3eff]%eth0:546", { protocol: "udp", address: "[fe80::1c2d:3eff]", port: 546 }],
  ])("reads %s", (text, listener) => {
    expect(parseListener(text)).toEqual(listener);
  });

  it.each([
    "tcp",
    "tcp :22",
    "sctp 0.0.0.0:22",
    "tcp 0.0.0.0:0",
    "tcp 0.0.0.0:65536",
    "tcp 0.0.0.0:x",
    "udp a b:1",
  ])("refuses %s, as a host's answer that cannot be read", (text) => {
    expect(() => parseObservation("h1", `listens ${text}\n`)).toThrowError(
      expect.objectContaining({ code: "HostUnreachable" }),
    );
  });
});

describe("an observation", () => {
  it.each<[string, object]>([
    [
      "listens tcp *:80\nguard active\n",
      { listeners: [{ protocol: "tcp", address: "*", port: 80 }], guard: "active" },
    ],
    ["listens unknown\nguard \n", { listeners: "unknown", guard: "" }],
    ["guard inactive\n", { guard: "inactive" }],
  ])("of %j", (output, facts) => {
    expect(parseObservation("h1", output)).toMatchObject(facts);
  });
});
