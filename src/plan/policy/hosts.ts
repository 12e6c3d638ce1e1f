import { resourceName } from "../preview.ts";
import type { Objection, PolicyFacts, Resource } from "./facts.ts";
import { types } from "./planned.ts";

const inProduction = ({ environment }: PolicyFacts): boolean => environment === "production";

/** Droplets of production that are not as they should be. Without a preview there is none to look at. */
const droplets = (facts: PolicyFacts, bad: (droplet: Resource) => boolean, message: string): Objection[] =>
  inProduction(facts)
    ? (facts.resources ?? [])
        .filter((resource) => resource.type === types.droplet && bad(resource))
        .map(({ urn }) => ({ subject: resourceName(urn), message }))
    : [];

export const unprotectedDroplets = (facts: PolicyFacts): Objection[] =>
  droplets(facts, ({ protect }) => !protect, "can be deleted or replaced by any update");

export const unmonitoredDroplets = (facts: PolicyFacts): Objection[] =>
  droplets(
    facts,
    ({ inputs }) => inputs["monitoring"] !== true,
    "is not watched by DigitalOcean's monitoring",
  );

const has = ({ resources }: PolicyFacts, otherwise: boolean, ...of: string[]): boolean =>
  resources ? resources.some(({ type }) => of.includes(type)) : otherwise;

export const changingAddress = (facts: PolicyFacts): Objection[] =>
  !inProduction(facts) || has(facts, facts.declared.stableAddress, types.reservedIp, types.loadBalancer)
    ? []
    : [
        {
          subject: "liftlock:fleet",
          message:
            "the public address is a droplet's own, and is lost with it; set reservedAddress or loadBalancer",
        },
      ];

export const unwatched = (facts: PolicyFacts): Objection[] =>
  !inProduction(facts) || has(facts, facts.declared.watched, types.uptimeAlert)
    ? []
    : [
        {
          subject: "liftlock:alerts",
          message: "nobody is told from outside when it does not answer; set emails",
        },
      ];
