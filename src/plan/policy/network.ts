import { z } from "zod";
import { resourceName } from "../preview.ts";
import type { Objection, PolicyFacts } from "./facts.ts";
import { types } from "./planned.ts";

const inbound = z.array(
  z.looseObject({
    protocol: z.string(),
    portRange: z.string().optional(),
    sourceAddresses: z.array(z.string()).optional(),
  }),
);

/** Ports of databases, as they listen when nobody says otherwise. */
export const databasePorts: Readonly<Record<number, string>> = {
  1433: "SQL Server",
  3306: "MySQL",
  5432: "PostgreSQL",
  6379: "Redis or Valkey",
  9042: "Cassandra",
  9200: "Elasticsearch",
  11211: "memcached",
  27017: "MongoDB",
};

/** The whole internet, or so much of it that it makes no difference: half of it twice is all of it. */
export function isEverybody(range: string): boolean {
  const [address = "", length] = range.split("/");
  const bits = length === undefined ? Number.POSITIVE_INFINITY : Number(length);
  return bits < (address.includes(":") ? 16 : 8);
}

/** `all`, `0`, `22` or `1-65535`, as DigitalOcean writes it. */
function contains(range: string | undefined, port: number): boolean {
  if (range === undefined || range === "all" || range === "0") return true;
  const [first, last = first] = range.split("-").map(Number);
  return first !== undefined && last !== undefined && port >= first && port <= last;
}

/** Ranges from which a port of TCP can be reached, by where that is said. */
function sources(
  facts: PolicyFacts,
  port: number,
): { subject: string; ranges: readonly string[] | "unknown" }[] {
  const { resources, declared } = facts;
  if (!resources)
    return [
      ...(port === declared.sshPort
        ? [{ subject: "liftlock:fleet.operators", ranges: declared.operators }]
        : []),
      ...(declared.ports.includes(port) ? [{ subject: "liftlock:fleet.ports", ranges: ["0.0.0.0/0"] }] : []),
    ];
  return resources
    .filter(({ type }) => type === types.firewall)
    .map(({ urn, inputs }) => {
      const rules = inbound.safeParse(inputs["inboundRules"] ?? []);
      const ranges = rules.data
        ?.filter(({ protocol, portRange }) => protocol === "tcp" && contains(portRange, port))
        .flatMap(({ sourceAddresses = [] }) => sourceAddresses);
      return { subject: resourceName(urn), ranges: ranges ?? ("unknown" as const) };
    });
}

/** Where everybody can reach a port. */
const open = (facts: PolicyFacts, port: number, what: string): Objection[] =>
  sources(facts, port).flatMap(({ subject, ranges }): Objection[] => {
    const wide = ranges === "unknown" ? [] : ranges.filter(isEverybody);
    return wide.length > 0
      ? [{ subject, message: `${what} (port ${port}) is open to ${wide.join(", ")}` }]
      : [];
  });

/** Rules that cannot be read may let anybody in. */
const unreadable = (facts: PolicyFacts): Objection[] =>
  sources(facts, facts.declared.sshPort)
    .filter(({ ranges }) => ranges === "unknown")
    .map(({ subject }) => ({
      subject,
      message: "its inbound rules are of no known form, so nobody can say who is let in",
    }));

export const openSsh = (facts: PolicyFacts): Objection[] => [
  ...open(facts, facts.declared.sshPort, "SSH"),
  ...unreadable(facts),
];

export const openDatabases = (facts: PolicyFacts): Objection[] => [
  ...Object.entries(databasePorts).flatMap(([port, name]) => open(facts, Number(port), name)),
  ...facts.services.flatMap(({ name, stateful, publicPorts }) =>
    publicPorts
      .filter((port) => stateful || port in databasePorts)
      .map((port) => ({
        subject: name,
        message: `publishes port ${port} on every address of its host; publish it on \${DATABASE_HOST}`,
      })),
  ),
];
