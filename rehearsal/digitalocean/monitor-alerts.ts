/** Alert policies of the monitoring service: kept, but nothing is measured. */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Request } from "../http/exchange.ts";
import type { Router } from "../http/router.ts";
import { bodyOf, found, gone, ok, page } from "./api.ts";
import type { Cloud } from "./cloud.ts";

const schema = z.object({
  type: z.string().regex(/^v1\/(insights\/(droplet|lbaas)|dbaas)\//, "is not a metric of the service"),
  description: z.string().min(1),
  compare: z.enum(["GreaterThan", "LessThan"]),
  value: z.number(),
  window: z.enum(["5m", "10m", "30m", "1h"]),
  entities: z.array(z.string()).nullish(),
  tags: z.array(z.string()).nullish(),
  alerts: z.object({
    email: z.array(z.string()).nullish(),
    slack: z.array(z.object({ url: z.string(), channel: z.string() })).nullish(),
  }),
  enabled: z.boolean().nullish(),
});

async function read(request: Request, uuid: string) {
  const { alerts, ...body } = await bodyOf(request, schema);
  return {
    uuid,
    ...body,
    entities: body.entities ?? [],
    tags: body.tags ?? [],
    enabled: body.enabled ?? true,
    alerts: { email: alerts.email ?? [], slack: alerts.slack ?? [] },
  };
}

/** Adds `/v2/monitoring/alerts`. */
export function addMonitorAlerts(router: Router, cloud: Cloud): void {
  const all = "/v2/monitoring/alerts";
  const one = `${all}/:uuid`;
  const known = (request: Request) => found(cloud.monitorAlerts, request.params.uuid ?? "");
  router
    .on("POST", all, async (request) => {
      const policy = await read(request, randomUUID());
      cloud.monitorAlerts.set(policy.uuid, policy);
      return ok({ policy });
    })
    .on("GET", all, (request) => page(request, "policies", [...cloud.monitorAlerts.values()]))
    .on("GET", one, (request) => ok({ policy: known(request) }))
    .on("PUT", one, async (request) => {
      const policy = await read(request, String(known(request).uuid));
      cloud.monitorAlerts.set(policy.uuid, policy);
      return ok({ policy });
    })
    .on("DELETE", one, (request) => {
      cloud.monitorAlerts.delete(String(known(request).uuid));
      return gone;
    });
}
