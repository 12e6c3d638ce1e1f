import type { PolicyFacts, Resource, ServiceFacts } from "../../../src/plan/policy/facts.ts";
import { types } from "../../../src/plan/policy/planned.ts";

const urn = (type: string, name: string) => `urn:pulumi:production::liftlock::${type}::${name}`;

export const resource = (
  type: keyof typeof types,
  name: string,
  inputs: Record<string, unknown> = {},
  protect = true,
): Resource => ({ urn: urn(types[type], name), type: types[type], protect, inputs });

export const firewall = (...inboundRules: readonly Record<string, unknown>[]): Resource =>
  resource("firewall", "fleet-firewall", { name: "shop-production", inboundRules });

export const service = (change: Partial<ServiceFacts> = {}): ServiceFacts => ({
  name: "web",
  stateful: false,
  image: "ghcr.io/example/shop/web",
  privileged: false,
  hostNamespaces: [],
  capabilities: [],
  binds: [],
  publicPorts: [80],
  ...change,
});

/** Production as it should be: no rule objects. */
export const sound: PolicyFacts = {
  environment: "production",
  declared: {
    sshPort: 22,
    operators: ["203.0.113.0/24"],
    ports: [80, 443],
    stableAddress: true,
    watched: true,
  },
  resources: [
    resource("droplet", "shop-production-1", { name: "shop-production-1", monitoring: true }),
    firewall(
      { protocol: "tcp", portRange: "22", sourceAddresses: ["203.0.113.0/24"] },
      { protocol: "tcp", portRange: "80", sourceAddresses: ["0.0.0.0/0", "::/0"] },
      { protocol: "tcp", portRange: "1-65535", sourceTags: ["shop-production"] },
    ),
    resource("reservedIp", "fleet-address"),
    resource("uptimeAlert", "fleet-down"),
  ],
  services: [
    service(),
    service({
      name: "postgres",
      stateful: true,
      image: `postgres@sha256:${"1".repeat(64)}`,
      publicPorts: [],
    }),
  ],
  variables: { APP_ENV: "production", PUBLIC_URL: "https://www.example.com" },
};

/** Sound, but for the resources of one type. */
export const withResources = (type: keyof typeof types, ...others: readonly Resource[]): PolicyFacts => ({
  ...sound,
  resources: [...(sound.resources ?? []).filter((one) => one.type !== types[type]), ...others],
});

/** Without a preview. */
export const written = (change: Partial<PolicyFacts>): PolicyFacts => {
  const { resources: _, ...facts } = sound;
  return { ...facts, ...change };
};
