/** What a load balancer is to do, read from the object that the API keeps. */
import { z } from "zod";

export interface Rule {
  /** Port on the balancer. */
  port: number;
  /** `http`: each request goes where it fits; `tcp`: each connection. */
  mode: "http" | "tcp";
  /** Port on the droplets. */
  targetPort: number;
}

export interface HealthCheck {
  protocol: "http" | "tcp";
  port: number;
  path: string;
  /** Seconds. */
  interval: number;
  timeout: number;
  /** Checks in a row that change the verdict. */
  healthy: number;
  unhealthy: number;
}

export interface Plan {
  rules: readonly Rule[];
  /** Forwarding rules that are kept, but not served. */
  unserved: readonly string[];
  check: HealthCheck;
  algorithm: "round_robin" | "least_connections";
}

const schema = z.looseObject({
  forwarding_rules: z.array(
    z.looseObject({
      entry_protocol: z.string(),
      entry_port: z.number(),
      target_protocol: z.string(),
      target_port: z.number(),
      tls_passthrough: z.boolean().nullish(),
    }),
  ),
  // The API's own values where nothing is given.
  health_check: z
    .looseObject({
      protocol: z.string().default("http"),
      port: z.number().default(80),
      path: z.string().default("/"),
      check_interval_seconds: z.number().default(10),
      response_timeout_seconds: z.number().default(5),
      healthy_threshold: z.number().default(5),
      unhealthy_threshold: z.number().default(3),
    })
    .prefault({}),
  algorithm: z.string().nullish(),
});

/** @param body the balancer as the API keeps it */
export function planBalancing(body: unknown): Plan {
  const { forwarding_rules, health_check, algorithm } = schema.parse(body);
  const rules: Rule[] = [];
  const unserved: string[] = [];
  for (const rule of forwarding_rules) {
    const { entry_protocol, target_protocol, entry_port, target_port, tls_passthrough } = rule;
    const mode = modeOf(entry_protocol, target_protocol, tls_passthrough === true);
    if (mode) rules.push({ port: entry_port, mode, targetPort: target_port });
    else unserved.push(`${entry_protocol}:${entry_port} to ${target_protocol}:${target_port}`);
  }
  return {
    rules,
    unserved,
    check: {
      protocol: health_check.protocol === "tcp" ? "tcp" : "http",
      port: health_check.port,
      path: health_check.path,
      interval: health_check.check_interval_seconds,
      timeout: health_check.response_timeout_seconds,
      healthy: health_check.healthy_threshold,
      unhealthy: health_check.unhealthy_threshold,
    },
    algorithm: algorithm === "least_connections" ? "least_connections" : "round_robin",
  };
}

/** TLS is passed through, never ended here: there are no certificates. */
function modeOf(entry: string, target: string, passthrough: boolean): Rule["mode"] | undefined {
  if (entry === "http" && target === "http") return "http";
  if (entry === "tcp" && target === "tcp") return "tcp";
  return entry === "https" && target === "https" && passthrough ? "tcp" : undefined;
}
