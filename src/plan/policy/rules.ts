import { engineSockets, hostNamespaces, latestImages, privileged, unpinnedImages } from "./containers.ts";
import type { Objection, PolicyFacts } from "./facts.ts";
import { changingAddress, unmonitoredDroplets, unprotectedDroplets, unwatched } from "./hosts.ts";
import { openDatabases, openSsh } from "./network.ts";
import { plainSecrets } from "./secrets.ts";

interface Rule {
  /** `mandatory`: what breaks it is refused. `advisory`: it is told. */
  level: "mandatory" | "advisory";
  /** What holds where it is kept. */
  says: string;
  judge: (facts: PolicyFacts) => Objection[];
}

/** Every rule there is, in the order in which they are told. */
export const rules = {
  sshRestricted: { level: "mandatory", says: "SSH is not open to the whole internet", judge: openSsh },
  databasesPrivate: {
    level: "mandatory",
    says: "no database can be reached from the internet",
    judge: openDatabases,
  },
  dropletsProtected: {
    level: "mandatory",
    says: "every droplet of production is protected from deletion",
    judge: unprotectedDroplets,
  },
  dropletsMonitored: {
    level: "mandatory",
    says: "every droplet of production is monitored",
    judge: unmonitoredDroplets,
  },
  imagesPinned: { level: "mandatory", says: "every image is pinned by digest", judge: unpinnedImages },
  noLatest: { level: "mandatory", says: "no image is latest", judge: latestImages },
  noPrivileged: {
    level: "mandatory",
    says: "no container is as good as root on its host",
    judge: privileged,
  },
  noHostNamespaces: {
    level: "mandatory",
    says: "no container shares its host's network or processes",
    judge: hostNamespaces,
  },
  noEngineSocket: {
    level: "mandatory",
    says: "no container commands its host's engine",
    judge: engineSockets,
  },
  secretsEncrypted: { level: "mandatory", says: "no secret is a plain variable", judge: plainSecrets },
  stableAddress: {
    level: "advisory",
    says: "production's address outlives its droplets",
    judge: changingAddress,
  },
  uptimeWatched: {
    level: "advisory",
    says: "somebody is told when production does not answer",
    judge: unwatched,
  },
} as const satisfies Record<string, Rule>;

export type RuleName = keyof typeof rules;

export const ruleNames = Object.keys(rules) as [RuleName, ...RuleName[]];
