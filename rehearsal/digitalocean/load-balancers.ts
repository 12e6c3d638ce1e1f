/** Load balancers: objects of the API, and what balances at their addresses (`balancing/`). */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Answer, Request } from "../http/exchange.ts";
import type { Router } from "../http/router.ts";
import { bodyOf, found, gone, ok, page, unprocessable } from "./api.ts";
import { Balancer } from "./balancing/balancer.ts";
import { planBalancing } from "./balancing/plan.ts";
import { regions, regionView } from "./catalogue.ts";
import type { Cloud } from "./cloud.ts";
import type { LoadBalancer } from "./model.ts";

const protocol = z.enum(["http", "https", "http2", "http3", "tcp", "udp"]);
const port = z.number().int().min(1).max(65_535);
const schema = z.looseObject({
  name: z.string().min(1),
  region: z.string().nullish(),
  forwarding_rules: z
    .array(
      z.looseObject({
        entry_protocol: protocol,
        entry_port: port,
        target_protocol: protocol,
        target_port: port,
      }),
    )
    .min(1),
  droplet_ids: z.array(z.number()).nullish(),
  tag: z.string().nullish(),
});

const health = {
  protocol: "http",
  port: 80,
  path: "/",
  check_interval_seconds: 10,
  response_timeout_seconds: 5,
  healthy_threshold: 5,
  unhealthy_threshold: 3,
};

/** What the API fills in when it is not given; godo's and the provider's field names. */
const defaults = {
  size_unit: 1,
  size: "lb-small",
  type: "REGIONAL",
  algorithm: "round_robin",
  health_check: health,
  sticky_sessions: { type: "none" },
  tag: "",
  redirect_http_to_https: false,
  enable_proxy_protocol: false,
  enable_backend_keepalive: false,
  disable_lets_encrypt_dns_records: false,
  http_idle_timeout_seconds: 60,
  network: "EXTERNAL",
  network_stack: "IPV4",
  tls_cipher_policy: "DEFAULT",
  vpc_uuid: "00000000-0000-4000-8000-000000000003",
};

function withoutNothing(body: Record<string, unknown>): Record<string, unknown> {
  const empty = (value: unknown) => value === undefined || value === null || value === "" || value === 0;
  return Object.fromEntries(Object.entries(body).filter(([, value]) => !empty(value)));
}

async function read(cloud: Cloud, request: Request): Promise<LoadBalancer["body"]> {
  const body = await bodyOf(request, schema);
  const region = body.region ?? "nyc3";
  if (!regions.has(region)) throw unprocessable(`invalid region: ${region}`);
  const droplet_ids = body.droplet_ids ?? [];
  const missing = droplet_ids.find((id) => !cloud.droplets.has(id));
  if (missing !== undefined) throw unprocessable(`droplet ${missing} does not exist`);
  const rules = body.forwarding_rules.map((rule) => ({
    certificate_id: "",
    tls_passthrough: false,
    ...rule,
  }));
  const given = withoutNothing({ ...body, forwarding_rules: rules });
  const project_id = cloud.defaultProject.id;
  return { ...defaults, project_id, ...given, name: body.name, droplet_ids, region: regionView(region) };
}

function view({ id, ip, createdAt, status, body }: LoadBalancer) {
  return { id, ip: status === "active" ? ip : "", ipv6: "", status, created_at: createdAt, ...body };
}

/** The droplets named, or those with the tag. */
function membersOf(cloud: Cloud, { droplet_ids, tag }: LoadBalancer["body"]) {
  const meant = [...cloud.droplets.values()].filter(({ id, tags }) => {
    return droplet_ids.includes(id) || (typeof tag === "string" && tags.has(tag));
  });
  return meant.map(({ id, address, status }) => ({ id, address, on: status === "active" }));
}

async function create(cloud: Cloud, request: Request): Promise<Answer> {
  const body = await read(cloud, request);
  const { platform, checkSecondMilliseconds, paceMilliseconds } = cloud.options;
  const ip = platform.allocateAddress("loadBalancer");
  const balancer: LoadBalancer = {
    id: randomUUID(),
    ip,
    createdAt: cloud.now(),
    status: "new",
    body,
    balancer: new Balancer(planBalancing(body), {
      address: ip,
      candidates: () => membersOf(cloud, balancer.body),
      secondMilliseconds: checkSecondMilliseconds,
    }),
  };
  cloud.loadBalancers.set(balancer.id, balancer);
  cloud.assign(`do:loadbalancer:${balancer.id}`);
  const answer = { status: 202, json: { load_balancer: view(balancer) } };
  void sleep(paceMilliseconds, undefined, { ref: false }).then(() => provision(cloud, balancer));
  return answer;
}

async function provision(cloud: Cloud, balancer: LoadBalancer): Promise<void> {
  // It may have been deleted meanwhile.
  if (!cloud.loadBalancers.has(balancer.id)) return;
  try {
    await balancer.balancer.start();
    balancer.status = "active";
    tellUnserved(cloud, balancer);
  } catch (cause) {
    balancer.status = "errored";
    report(cloud, balancer, cause instanceof Error ? cause.message : String(cause));
  }
  if (!cloud.loadBalancers.has(balancer.id)) await balancer.balancer.close();
}

async function change(cloud: Cloud, balancer: LoadBalancer, request: Request): Promise<Answer> {
  balancer.body = await read(cloud, request);
  try {
    await balancer.balancer.update(planBalancing(balancer.body));
    tellUnserved(cloud, balancer);
  } catch (cause) {
    report(cloud, balancer, cause instanceof Error ? cause.message : String(cause));
  }
  return ok({ load_balancer: view(balancer) });
}

function tellUnserved(cloud: Cloud, balancer: LoadBalancer): void {
  for (const rule of planBalancing(balancer.body).unserved) {
    report(cloud, balancer, `the rehearsal's load balancers do not serve ${rule}`);
  }
}

function report(cloud: Cloud, { body, ip }: LoadBalancer, message: string): void {
  cloud.problems.push({ droplet: 0, doing: `load balancer ${body.name} (${ip})`, message });
}

/** Adds `/v2/load_balancers`. */
export function addLoadBalancers(router: Router, cloud: Cloud): void {
  const all = "/v2/load_balancers";
  const one = `${all}/:id`;
  const known = (request: Request) => found(cloud.loadBalancers, request.params.id ?? "");
  router
    .on("POST", all, (request) => create(cloud, request))
    .on("GET", all, (request) => page(request, "load_balancers", [...cloud.loadBalancers.values()].map(view)))
    .on("GET", one, (request) => ok({ load_balancer: view(known(request)) }))
    .on("PUT", one, (request) => change(cloud, known(request), request))
    .on("DELETE", one, async (request) => {
      const { id, balancer } = known(request);
      cloud.loadBalancers.delete(id);
      cloud.release(`do:loadbalancer:${id}`);
      await balancer.close();
      return gone;
    });
}
