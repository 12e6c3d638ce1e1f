/** Uptime checks and their alerts: kept, but nothing is checked. */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Request } from "../http/exchange.ts";
import type { Router } from "../http/router.ts";
import { bodyOf, found, gone, ok, page } from "./api.ts";
import type { Cloud } from "./cloud.ts";
import type { UptimeCheck } from "./model.ts";

const checkSchema = z.object({
  name: z.string().min(1),
  type: z.enum(["ping", "http", "https"]).default("https"),
  target: z.string().min(1),
  regions: z.array(z.enum(["us_east", "us_west", "eu_west", "se_asia"])).default([]),
  enabled: z.boolean().default(true),
});
const alertSchema = z.object({
  name: z.string().min(1),
  type: z.enum(["latency", "down", "down_global", "ssl_expiry"]),
  threshold: z.number().nullish(),
  comparison: z.enum(["greater_than", "less_than", ""]).nullish(),
  notifications: z.record(z.string(), z.unknown()).nullish(),
  period: z.enum(["2m", "3m", "5m", "10m", "15m", "30m", "1h", ""]).nullish(),
});

const view = ({ id, body }: UptimeCheck) => ({ id, ...body });

function addChecks(router: Router, cloud: Cloud): void {
  const one = "/v2/uptime/checks/:check";
  const known = (request: Request) => found(cloud.checks, request.params.check ?? "");
  router
    .on("POST", "/v2/uptime/checks", async (request) => {
      const body = await bodyOf(request, checkSchema);
      const check: UptimeCheck = { id: randomUUID(), body, alerts: new Map() };
      cloud.checks.set(check.id, check);
      return { status: 201, json: { check: view(check) } };
    })
    .on("GET", "/v2/uptime/checks", (request) =>
      page(request, "checks", [...cloud.checks.values()].map(view)),
    )
    .on("GET", one, (request) => ok({ check: view(known(request)) }))
    .on("PUT", one, async (request) => {
      const check = known(request);
      check.body = await bodyOf(request, checkSchema);
      return ok({ check: view(check) });
    })
    .on("DELETE", one, (request) => {
      cloud.checks.delete(known(request).id);
      return gone;
    });
}

function addAlerts(router: Router, cloud: Cloud): void {
  const all = "/v2/uptime/checks/:check/alerts";
  const one = `${all}/:alert`;
  const alertsOf = (request: Request) => found(cloud.checks, request.params.check ?? "").alerts;
  const known = (request: Request) => found(alertsOf(request), request.params.alert ?? "");
  router
    .on("POST", all, async (request) => {
      const alerts = alertsOf(request);
      const alert = { id: randomUUID(), ...(await bodyOf(request, alertSchema)) };
      alerts.set(alert.id, alert);
      return { status: 201, json: { alert } };
    })
    .on("GET", all, (request) => page(request, "alerts", [...alertsOf(request).values()]))
    .on("GET", one, (request) => ok({ alert: known(request) }))
    .on("PUT", one, async (request) => {
      const { id } = known(request);
      const alert = { id, ...(await bodyOf(request, alertSchema)) };
      alertsOf(request).set(String(id), alert);
      return ok({ alert });
    })
    .on("DELETE", one, (request) => {
      alertsOf(request).delete(String(known(request).id));
      return gone;
    });
}

/** Adds `/v2/uptime/checks` and the alerts below it. */
export function addUptime(router: Router, cloud: Cloud): void {
  addChecks(router, cloud);
  addAlerts(router, cloud);
}
