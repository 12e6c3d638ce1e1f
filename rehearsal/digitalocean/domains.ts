/** Domains; their records are in domain-records.ts. Nothing here answers DNS. */
import { z } from "zod";
import type { Answer, Request } from "../http/exchange.ts";
import type { Router } from "../http/router.ts";
import { bodyOf, found, gone, ok, page, unprocessable } from "./api.ts";
import type { Cloud } from "./cloud.ts";
import { addRecords, recordFrom } from "./domain-records.ts";
import type { Domain } from "./model.ts";

const schema = z.object({ name: z.string(), ip_address: z.string().nullish() });

const view = ({ name, ttl, records }: Domain) => {
  const lines = [...records.values()].map((record) => `${record.name} IN ${record.type} ${record.data}`);
  return { name, ttl, zone_file: [`$ORIGIN ${name}.`, `$TTL ${ttl}`, ...lines, ""].join("\n") };
};

async function create(cloud: Cloud, request: Request): Promise<Answer> {
  const { name, ip_address } = await bodyOf(request, schema);
  if (!/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/.test(name))
    throw unprocessable("Name is not a valid domain");
  if (cloud.domains.has(name)) throw unprocessable("Domain already exists");
  const domain: Domain = { name, ttl: 1800, records: new Map() };
  for (const server of ["ns1", "ns2", "ns3"]) {
    recordFrom(cloud, domain, { type: "NS", name: "@", data: `${server}.digitalocean.com.` });
  }
  if (ip_address) recordFrom(cloud, domain, { type: "A", name: "@", data: ip_address });
  cloud.domains.set(name, domain);
  cloud.assign(`do:domain:${name}`);
  return { status: 201, json: { domain: { name, ttl: domain.ttl, zone_file: null } } };
}

/** Adds `/v2/domains` and the records below it. */
export function addDomains(router: Router, cloud: Cloud): void {
  const one = "/v2/domains/:domain";
  const known = (request: Request) => found(cloud.domains, request.params.domain ?? "");
  router
    .on("POST", "/v2/domains", (request) => create(cloud, request))
    .on("GET", "/v2/domains", (request) => page(request, "domains", [...cloud.domains.values()].map(view)))
    .on("GET", one, (request) => ok({ domain: view(known(request)) }))
    .on("DELETE", one, (request) => {
      const { name } = known(request);
      cloud.domains.delete(name);
      cloud.release(`do:domain:${name}`);
      return gone;
    });
  addRecords(router, cloud);
}
