// Domains and their records.

import type { Props } from "../../values/values.ts";
import { autonamed } from "../autoname.ts";
import { number, optionalText, present, text } from "../fields.ts";
import { idOf, restResource } from "./rest-resource.ts";

/** `digitalocean.Domain`. */
export const domain = restResource({
  what: "Domain",
  collection: () => "domains",
  envelope: "domain",
  idOf: (item) => text(item, "name"),
  required: ["name"],
  replaceOn: ["name", "ipAddress"],
  immutable: true,
  body: (inputs) => present({ name: text(inputs, "name"), ip_address: optionalText(inputs, "ipAddress") }),
  outputs: (item) => ({
    name: text(item, "name"),
    ttl: number(item, "ttl"),
    domainUrn: `do:domain:${text(item, "name")}`,
  }),
});

function recordBody(inputs: Props): Props {
  return present({
    type: text(inputs, "type"),
    name: text(inputs, "name"),
    data: text(inputs, "value"),
    priority: inputs.priority,
    port: inputs.port,
    ttl: inputs.ttl,
    weight: inputs.weight,
    flags: inputs.flags,
    tag: inputs.tag,
  });
}

const record = restResource({
  what: "record",
  collection: (props) => `domains/${text(props, "domain")}/records`,
  envelope: "domain_record",
  idOf,
  required: ["domain", "type", "value"],
  replaceOn: ["domain", "type"],
  check: (inputs, olds, name) => ({ ttl: 1800, ...autonamed(inputs, olds, name) }),
  body: recordBody,
  updateBody: (inputs) => {
    const { type: _type, ...rest } = recordBody(inputs);
    return rest;
  },
  outputs: (item) =>
    present({
      name: text(item, "name"),
      type: text(item, "type"),
      value: text(item, "data"),
      ttl: number(item, "ttl"),
      priority: item.priority,
      port: item.port,
      weight: item.weight,
      flags: item.flags,
      tag: item.tag,
    }),
});

/** The whole name of a record; `@` is the domain itself. */
function withFqdn(outputs: Props): Props {
  const name = text(outputs, "name");
  const zone = text(outputs, "domain");
  return { ...outputs, fqdn: name === "@" ? zone : `${name}.${zone}` };
}

/** `digitalocean.DnsRecord`. */
export const dnsRecord: typeof record = {
  ...record,
  create: async (inputs, context) => {
    const live = await record.create(inputs, context);
    return { ...live, outputs: withFqdn(live.outputs) };
  },
  read: async (id, olds, context) => {
    const live = await record.read?.(id, olds, context);
    return live && { ...live, outputs: withFqdn(live.outputs) };
  },
  update: async (id, inputs, olds, context) =>
    withFqdn((await record.update?.(id, inputs, olds, context)) ?? inputs),
};
