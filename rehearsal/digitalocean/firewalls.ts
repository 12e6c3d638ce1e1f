/** Cloud firewalls: kept, but nothing is filtered by them. */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Answer, Request } from "../http/exchange.ts";
import type { Router } from "../http/router.ts";
import { bodyOf, found, gone, ok, page, refuse, unprocessable } from "./api.ts";
import type { Cloud } from "./cloud.ts";
import type { Firewall } from "./model.ts";

const ends = z
  .looseObject({ tags: z.array(z.string()).nullish(), droplet_ids: z.array(z.number()).nullish() })
  .nullish();
const rule = z.object({
  protocol: z.enum(["tcp", "udp", "icmp"]),
  ports: z.string().nullish(),
  sources: ends,
  destinations: ends,
});
const schema = z.object({
  name: z
    .string()
    .regex(/^[a-zA-Z0-9][\w.-]{0,254}$/, "must be letters, digits, dots, dashes and underscores"),
  inbound_rules: z.array(rule).nullish(),
  outbound_rules: z.array(rule).nullish(),
  droplet_ids: z.array(z.number()).nullish(),
  tags: z.array(z.string()).nullish(),
});

type Rule = z.output<typeof rule>;

const ports = /^(\d{1,5})(-(\d{1,5}))?$/;

/** "all", an absent and an empty value all come back as "0". */
function normalise(given: Rule): Rule {
  const all = given.protocol === "icmp" || !given.ports || given.ports === "all";
  if (!all && !ports.test(given.ports ?? "")) throw unprocessable(`invalid ports: ${given.ports}`);
  return { ...given, ports: all ? "0" : given.ports };
}

/** Throws 422 when a droplet or a tag that is named anywhere does not exist. */
function verifyReferences(cloud: Cloud, body: z.output<typeof schema>): void {
  const rules = [...(body.inbound_rules ?? []), ...(body.outbound_rules ?? [])];
  const named = [body, ...rules.flatMap(({ sources, destinations }) => [sources ?? {}, destinations ?? {}])];
  const droplet = named.flatMap(({ droplet_ids }) => droplet_ids ?? []).find((id) => !cloud.droplets.has(id));
  if (droplet !== undefined) throw unprocessable(`droplet ${droplet} does not exist`);
  const tag = named.flatMap(({ tags }) => tags ?? []).find((name) => !cloud.tags.has(name));
  if (tag !== undefined) throw unprocessable(`tag ${tag} does not exist`);
}

async function read(cloud: Cloud, request: Request, id: string, created_at: string): Promise<Firewall> {
  const body = await bodyOf(request, schema);
  const inbound = body.inbound_rules ?? [];
  const outbound = body.outbound_rules ?? [];
  if (inbound.length + outbound.length === 0)
    throw unprocessable("must have at least one inbound or outbound rule");
  const same = [...cloud.firewalls.values()].find((other) => other.name === body.name && other.id !== id);
  if (same) throw refuse(409, "duplicate name");
  verifyReferences(cloud, body);
  const droplet_ids = body.droplet_ids ?? [];
  const tags = body.tags ?? [];
  const rules = { inbound_rules: inbound.map(normalise), outbound_rules: outbound.map(normalise) };
  return { id, name: body.name, created_at, ...rules, droplet_ids, tags };
}

const view = (firewall: Firewall) => ({ ...firewall, status: "succeeded", pending_changes: [] });

async function create(cloud: Cloud, request: Request): Promise<Answer> {
  const firewall = await read(cloud, request, randomUUID(), cloud.now());
  cloud.firewalls.set(firewall.id, firewall);
  return { status: 202, json: { firewall: view(firewall) } };
}

/** Adds `/v2/firewalls`. */
export function addFirewalls(router: Router, cloud: Cloud): void {
  const one = "/v2/firewalls/:id";
  const known = (request: Request) => found(cloud.firewalls, request.params.id ?? "");
  router
    .on("POST", "/v2/firewalls", (request) => create(cloud, request))
    .on("GET", "/v2/firewalls", (request) =>
      page(request, "firewalls", [...cloud.firewalls.values()].map(view)),
    )
    .on("GET", one, (request) => ok({ firewall: view(known(request)) }))
    .on("PUT", one, async (request) => {
      const { id, created_at } = known(request);
      const firewall = await read(cloud, request, id, created_at);
      cloud.firewalls.set(id, firewall);
      return ok({ firewall: view(firewall) });
    })
    .on("DELETE", one, (request) => {
      cloud.firewalls.delete(known(request).id);
      return gone;
    });
}
