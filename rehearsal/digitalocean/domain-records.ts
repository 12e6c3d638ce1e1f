/** DNS records of a domain. */
import { isIPv4, isIPv6 } from "node:net";
import { z } from "zod";
import type { Request } from "../http/exchange.ts";
import type { Router } from "../http/router.ts";
import { bodyOf, found, foundById, gone, ok, page, unprocessable } from "./api.ts";
import type { Cloud } from "./cloud.ts";
import type { Domain, DomainRecord } from "./model.ts";

const fields = z.object({
  type: z.enum(["A", "AAAA", "CAA", "CNAME", "MX", "NS", "SRV", "TXT"]),
  name: z.string().regex(/^(@|\*|(\*\.)?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?)$/i, "is not a record name"),
  data: z.string().min(1),
  priority: z.number().nullish(),
  port: z.number().nullish(),
  ttl: z.number().nullish(),
  weight: z.number().nullish(),
  flags: z.number().nullish(),
  tag: z.string().nullish(),
});
const changes = fields.partial();

type Fields = z.output<typeof fields>;

/** Types whose data names a host: given with a dot at the end, kept without. */
const hostTypes = new Set(["CNAME", "MX", "NS", "SRV"]);

function verifyData({ type, data, tag }: Fields): string {
  if (type === "A" && !isIPv4(data))
    throw unprocessable("IP address did not match IPv4 format (e.g. 127.0.0.1)");
  if (type === "AAAA" && !isIPv6(data)) throw unprocessable("IP address did not match IPv6 format");
  const host = hostTypes.has(type) || (type === "CAA" && tag !== "iodef");
  if (!host || data === "@") return data;
  if (!data.endsWith(".")) throw unprocessable("Data needs to end with a dot (.)");
  return data.slice(0, -1);
}

function verifyFields(given: Fields): void {
  const needed: Partial<Record<Fields["type"], (keyof Fields)[]>> = {
    MX: ["priority"],
    SRV: ["priority", "port", "weight"],
    CAA: ["flags", "tag"],
  };
  const missing = needed[given.type]?.find((field) => given[field] === undefined || given[field] === null);
  if (missing) throw unprocessable(`${missing} is required for ${given.type} records`);
  if (given.ttl && given.ttl < 30) throw unprocessable("TTL must be at least 30 seconds");
}

function verifyAlone(domain: Domain, id: number, { type, name }: Fields): void {
  const others = [...domain.records.values()].filter((record) => record.id !== id && record.name === name);
  if (type === "CNAME" && name === "@") throw unprocessable("CNAME records cannot be at the domain itself");
  if (others.some((other) => type === "CNAME" || other.type === "CNAME")) {
    throw unprocessable("CNAME records cannot share a name with other records");
  }
}

/** Makes a record, or changes the one with this id, and keeps it. Throws 422 when it cannot be. */
export function recordFrom(cloud: Cloud, domain: Domain, given: Fields, id?: number): DomainRecord {
  verifyFields(given);
  verifyAlone(domain, id ?? 0, given);
  const record: DomainRecord = {
    id: id ?? cloud.nextId(),
    type: given.type,
    name: given.name,
    data: verifyData(given),
    priority: given.priority ?? null,
    port: given.port ?? null,
    ttl: given.ttl || 1800,
    weight: given.weight ?? null,
    flags: given.flags ?? null,
    tag: given.tag ?? null,
  };
  domain.records.set(record.id, record);
  return record;
}

/** What is kept in the form in which it would be given. */
function given(record: DomainRecord): Fields {
  const known = fields.parse(record);
  const host = hostTypes.has(known.type) || (known.type === "CAA" && known.tag !== "iodef");
  return host && known.data !== "@" ? { ...known, data: `${known.data}.` } : known;
}

function list(domain: Domain, request: Request) {
  const type = request.query.get("type");
  const name = request.query.get("name");
  const fqdn = (record: DomainRecord) =>
    record.name === "@" ? domain.name : `${record.name}.${domain.name}`;
  const chosen = [...domain.records.values()].filter(
    (record) => (type === null || record.type === type) && (name === null || fqdn(record) === name),
  );
  return page(request, "domain_records", chosen);
}

/** Adds `/v2/domains/DOMAIN/records`. */
export function addRecords(router: Router, cloud: Cloud): void {
  const all = "/v2/domains/:domain/records";
  const one = `${all}/:id`;
  const domainOf = (request: Request) => found(cloud.domains, request.params.domain ?? "");
  const known = (request: Request) => foundById(domainOf(request).records, request);
  const change = async (request: Request) => {
    const record = known(request);
    const asked = await bodyOf(request, changes);
    const set = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
    const merged = fields.parse({ ...given(record), ...set });
    return ok({ domain_record: recordFrom(cloud, domainOf(request), merged, record.id) });
  };
  router
    .on("GET", all, (request) => list(domainOf(request), request))
    .on("POST", all, async (request) => {
      const domain = domainOf(request);
      const record = recordFrom(cloud, domain, await bodyOf(request, fields));
      return { status: 201, json: { domain_record: record } };
    })
    .on("GET", one, (request) => ok({ domain_record: known(request) }))
    .on("PUT", one, change)
    .on("PATCH", one, change)
    .on("DELETE", one, (request) => {
      domainOf(request).records.delete(known(request).id);
      return gone;
    });
}
