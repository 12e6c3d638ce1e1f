import { describe, expect, it } from "vitest";
import type { PolicyFacts, ServiceFacts } from "../../../src/plan/policy/facts.ts";
import { isEverybody } from "../../../src/plan/policy/network.ts";
import { type RuleName, ruleNames, rules } from "../../../src/plan/policy/rules.ts";
import { firewall, resource, service, sound, withResources, written } from "./facts.ts";

const tcp = (portRange: string, ...sourceAddresses: string[]) => ({
  protocol: "tcp",
  portRange,
  sourceAddresses,
});
const withService = (change: Partial<ServiceFacts>): PolicyFacts => ({
  ...sound,
  services: [service(change)],
});
const withVariables = (variables: Record<string, string>): PolicyFacts => ({ ...sound, variables });
const declared = (change: Partial<PolicyFacts["declared"]>): PolicyFacts =>
  written({ declared: { ...sound.declared, ...change } });
const broken = (facts: PolicyFacts) => ruleNames.filter((name) => rules[name].judge(facts).length > 0);

describe("the rules", () => {
  it("object to nothing in an environment as it should be, with and without a preview", () => {
    expect(broken(sound)).toEqual([]);
    expect(broken(written({}))).toEqual([]);
  });

  it.each<[RuleName, string, PolicyFacts]>([
    ["sshRestricted", "open to all of IPv4", withResources("firewall", firewall(tcp("22", "0.0.0.0/0")))],
    ["sshRestricted", "open to all of IPv6", withResources("firewall", firewall(tcp("22", "::/0")))],
    ["sshRestricted", "within a range", withResources("firewall", firewall(tcp("20-30", "0.0.0.0/1")))],
    ["sshRestricted", "as the file says", declared({ operators: ["198.51.100.7/32", "0.0.0.0/0"] })],
    [
      "sshRestricted",
      "rules of no known form",
      withResources("firewall", resource("firewall", "f", { inboundRules: "?" })),
    ],
    ["databasesPrivate", "in the firewall", withResources("firewall", firewall(tcp("5432", "0.0.0.0/0")))],
    ["databasesPrivate", "as the file says", declared({ ports: [80, 3306] })],
    [
      "databasesPrivate",
      "published by a stateful service",
      withService({ stateful: true, publicPorts: [7777], image: `x@sha256:${"1".repeat(64)}` }),
    ],
    ["databasesPrivate", "published by any", withService({ publicPorts: [6379] })],
    [
      "dropletsProtected",
      "one of two",
      withResources(
        "droplet",
        resource("droplet", "a", { monitoring: true }),
        resource("droplet", "b", { monitoring: true }, false),
      ),
    ],
    ["dropletsMonitored", "without monitoring", withResources("droplet", resource("droplet", "a", {}))],
    ["imagesPinned", "by a tag", withService({ stateful: true, publicPorts: [], image: "postgres:17" })],
    [
      "imagesPinned",
      "by a variable that nobody knows",
      withService({ stateful: true, publicPorts: [], image: "${POSTGRES_IMAGE}" }),
    ],
    [
      "imagesPinned",
      "half a digest",
      withService({ stateful: true, publicPorts: [], image: "postgres@sha256:12" }),
    ],
    ["noLatest", "written out", withService({ image: "ghcr.io/example/web:latest" })],
    ["noPrivileged", "said so", withService({ privileged: true })],
    ["noPrivileged", "by capability", withService({ capabilities: ["cap_sys_admin"] })],
    ["noHostNamespaces", "network", withService({ hostNamespaces: ["network"] })],
    ["noEngineSocket", "Docker's", withService({ binds: ["/var/run/docker.sock"] })],
    ["noEngineSocket", "its folder", withService({ binds: ["/run/"] })],
    ["noEngineSocket", "the whole host", withService({ binds: ["/"] })],
    ["secretsEncrypted", "by name", withVariables({ DB_PASSWORD: "x" })],
    ["secretsEncrypted", "by name, with more after it", withVariables({ API_KEY_PRIMARY: "x" })],
    ["secretsEncrypted", "a key", withVariables({ ANY: "-----BEGIN OPENSSH PRIVATE KEY-----\nx" })],
    ["secretsEncrypted", "an address", withVariables({ DATABASE: "postgres://shop:hunter2@10.0.0.5/shop" })],
    ["stableAddress", "in a preview", withResources("reservedIp")],
    ["stableAddress", "in the file", declared({ stableAddress: false })],
    ["uptimeWatched", "in a preview", withResources("uptimeAlert")],
    ["uptimeWatched", "in the file", declared({ watched: false })],
  ])("%s: %s", (name, _, facts) => {
    expect(broken(facts)).toEqual([name]);
  });

  it.each<[string, PolicyFacts]>([
    ["SSH of another port in the firewall", withResources("firewall", firewall(tcp("2222", "0.0.0.0/0")))],
    [
      "a tag in the firewall",
      withResources("firewall", firewall({ protocol: "tcp", portRange: "all", sourceTags: ["x"] })),
    ],
    [
      "UDP to everybody",
      withResources(
        "firewall",
        firewall({ protocol: "udp", portRange: "22", sourceAddresses: ["0.0.0.0/0"] }),
      ),
    ],
    [
      "staging, unprotected",
      { ...withResources("droplet", resource("droplet", "a", {}, false)), environment: "staging" },
    ],
    ["a load balancer instead of an address", withResources("reservedIp", resource("loadBalancer", "b"))],
    ["a promoted service without a tag", withService({})],
    ["capabilities that are the container's own affair", withService({ capabilities: ["NET_BIND_SERVICE"] })],
    ["a folder of data", withService({ binds: ["/srv/data", "/var/lib/run"] })],
    [
      "names about secrets",
      withVariables({ TOKEN_TTL: "60", SECRET_NAME: "x", KEYBOARD: "de", PASSPORT_URL: "x" }),
    ],
    ["an empty secret", withVariables({ API_TOKEN: "" })],
    ["an address without a password", withVariables({ URL: "https://shop@example.com/a:b" })],
  ])("has nothing against %s", (_, facts) => {
    expect(broken(facts)).toEqual([]);
  });

  it("never repeats a value", () => {
    const facts = withVariables({ A: "postgres://shop:hunter2@h/d", DB_PASSWORD: "hunter2" });
    expect(JSON.stringify(rules.secretsEncrypted.judge(facts))).not.toContain("hunter2");
  });
});

describe("isEverybody", () => {
  it.each([
    ["0.0.0.0/0", true],
    ["128.0.0.0/1", true],
    ["10.0.0.0/8", false],
    ["203.0.113.7", false],
    ["::/0", true],
    ["2000::/3", true],
    ["2001:db8::/32", false],
  ])("%s: %s", (range, everybody) => {
    expect(isEverybody(range)).toBe(everybody);
  });
});
