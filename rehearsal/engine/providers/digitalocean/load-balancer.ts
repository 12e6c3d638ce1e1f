import { EngineError } from "../../failure.ts";
import type { Props } from "../../values/values.ts";
import { autonamed } from "../autoname.ts";
import { list, object, objects, optionalText, present, text } from "../fields.ts";
import { poll } from "../pace.ts";
import type { ResourceType } from "../provider.ts";
import { clientOf } from "./client.ts";
import { explained, idOf, type RestShape, restResource } from "./rest-resource.ts";

const RULE = {
  entryProtocol: "entry_protocol",
  entryPort: "entry_port",
  targetProtocol: "target_protocol",
  targetPort: "target_port",
  certificateId: "certificate_id",
  tlsPassthrough: "tls_passthrough",
} as const;

const HEALTH = {
  protocol: "protocol",
  port: "port",
  path: "path",
  checkIntervalSeconds: "check_interval_seconds",
  responseTimeoutSeconds: "response_timeout_seconds",
  healthyThreshold: "healthy_threshold",
  unhealthyThreshold: "unhealthy_threshold",
} as const;

function renamed(
  props: Props,
  names: Readonly<Record<string, string>>,
  direction: "body" | "outputs",
): Props {
  const pairs = Object.entries(names).map(([sdk, api]) =>
    direction === "body" ? [api, props[sdk]] : [sdk, props[api]],
  );
  return present(Object.fromEntries(pairs));
}

const shape: RestShape = {
  what: "Load Balancer",
  collection: () => "load_balancers",
  envelope: "load_balancer",
  idOf,
  replaceOn: ["region", "vpcUuid", "type"],
  volatile: ["status", "ip"],
  check: (inputs, olds, name) => ({ algorithm: "round_robin", ...autonamed(inputs, olds, name) }),
  body: (inputs) =>
    present({
      name: text(inputs, "name"),
      algorithm: text(inputs, "algorithm"),
      region: optionalText(inputs, "region"),
      size: optionalText(inputs, "size"),
      size_unit: inputs.sizeUnit,
      forwarding_rules: objects(inputs, "forwardingRules").map((rule) => renamed(rule, RULE, "body")),
      health_check: inputs.healthcheck && renamed(object(inputs, "healthcheck"), HEALTH, "body"),
      droplet_ids: list(inputs, "dropletIds").map(Number),
      tag: optionalText(inputs, "dropletTag"),
      redirect_http_to_https: inputs.redirectHttpToHttps,
      enable_proxy_protocol: inputs.enableProxyProtocol,
      enable_backend_keepalive: inputs.enableBackendKeepalive,
      vpc_uuid: optionalText(inputs, "vpcUuid"),
    }),
  outputs: (item) =>
    present({
      name: text(item, "name"),
      algorithm: optionalText(item, "algorithm"),
      region: optionalText(object(item, "region"), "slug"),
      status: text(item, "status"),
      ip: optionalText(item, "ip"),
      vpcUuid: optionalText(item, "vpc_uuid"),
      loadBalancerUrn: `do:loadbalancer:${text(item, "id")}`,
      forwardingRules: objects(item, "forwarding_rules").map((rule) => renamed(rule, RULE, "outputs")),
      healthcheck: item.health_check && renamed(object(item, "health_check"), HEALTH, "outputs"),
      dropletIds: item.droplet_ids,
      dropletTag: optionalText(item, "tag") || undefined,
    }),
};

const rest = restResource(shape);

/** `digitalocean.LoadBalancer`; options beyond rules, health checks and targets are refused. */
export const loadBalancer: ResourceType = {
  ...rest,
  create: (inputs, context) =>
    explained("creating", shape.what, async () => {
      refuseUnknown(inputs);
      const client = clientOf(context);
      const id = idOf(object(await client.post("load_balancers", shape.body(inputs)), shape.envelope));
      await poll(async () => {
        const seen = object(await client.get(`load_balancers/${id}`), shape.envelope);
        return text(seen, "status") === "active" ? seen : undefined;
      });
      const item = object(await client.get(`load_balancers/${id}`), shape.envelope);
      return { id, outputs: { ...inputs, ...shape.outputs(item) } };
    }),
};

const KNOWN = [
  "name",
  "algorithm",
  "region",
  "size",
  "sizeUnit",
  "forwardingRules",
  "healthcheck",
  "dropletIds",
  "dropletTag",
  "redirectHttpToHttps",
  "enableProxyProtocol",
  "enableBackendKeepalive",
  "vpcUuid",
];

function refuseUnknown(inputs: Props): void {
  const unknown = Object.keys(inputs).find((key) => !KNOWN.includes(key));
  if (unknown)
    throw new EngineError(
      "unsupported",
      `the load balancer option '${unknown}' is not supported by the rehearsal engine`,
    );
}
