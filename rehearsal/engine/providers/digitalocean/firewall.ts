import type { Props } from "../../values/values.ts";
import { autonamed } from "../autoname.ts";
import { list, object, objects, optionalText, present, text, texts } from "../fields.ts";
import { idOf, restResource } from "./rest-resource.ts";

/** Names of a rule's other end: in the SDK (after `source` or `destination`) and in the API. */
const ENDS = {
  Addresses: "addresses",
  DropletIds: "droplet_ids",
  KubernetesIds: "kubernetes_ids",
  LoadBalancerUids: "load_balancer_uids",
  Tags: "tags",
} as const;

function ruleBody(rule: Props, side: "source" | "destination"): Props {
  const ends = Object.entries(ENDS).map(([name, key]) => [key, rule[side + name]]);
  const ports = optionalText(rule, "portRange");
  return {
    protocol: text(rule, "protocol"),
    ...(ports !== undefined && { ports }),
    [`${side}s`]: present(Object.fromEntries(ends)),
  };
}

function ruleOutputs(rule: Props, side: "source" | "destination"): Props {
  const other = object(rule, `${side}s`);
  const ends = Object.entries(ENDS).map(([name, key]) => [
    side + name,
    list(other, key).length > 0 ? other[key] : undefined,
  ]);
  const ports = text(rule, "ports");
  return present({
    protocol: text(rule, "protocol"),
    portRange: ports === "0" ? "all" : ports || undefined,
    ...Object.fromEntries(ends),
  });
}

/** `digitalocean.Firewall`. */
export const firewall = restResource({
  what: "firewall",
  collection: () => "firewalls",
  envelope: "firewall",
  idOf,
  check: autonamed,
  body: (inputs) => ({
    name: text(inputs, "name"),
    inbound_rules: objects(inputs, "inboundRules").map((rule) => ruleBody(rule, "source")),
    outbound_rules: objects(inputs, "outboundRules").map((rule) => ruleBody(rule, "destination")),
    droplet_ids: list(inputs, "dropletIds").map(Number),
    tags: texts(inputs, "tags"),
  }),
  outputs: (item) =>
    present({
      name: text(item, "name"),
      status: text(item, "status"),
      createdAt: text(item, "created_at"),
      pendingChanges: objects(item, "pending_changes").map((change) => ({
        dropletId: change.droplet_id,
        removing: change.removing,
        status: change.status,
      })),
      dropletIds: list(item, "droplet_ids").length > 0 ? list(item, "droplet_ids") : undefined,
      tags: list(item, "tags").length > 0 ? texts(item, "tags") : undefined,
      inboundRules: objects(item, "inbound_rules").map((rule) => ruleOutputs(rule, "source")),
      outboundRules: objects(item, "outbound_rules").map((rule) => ruleOutputs(rule, "destination")),
    }),
});
