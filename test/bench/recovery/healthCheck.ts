import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { repository } from "../../../rehearsal/world/project.ts";
import { BenchFailure } from "../failure.ts";
import type { RecoveryFigures } from "../figures.ts";

const seconds = z
  .string()
  .regex(/^\d+s$/)
  .transform((text) => Number(text.slice(0, -1)));

const fileSchema = z.looseObject({
  services: z.record(
    z.string(),
    z.looseObject({
      healthcheck: z.looseObject({ interval: seconds, retries: z.int() }).optional(),
    }),
  ),
});

/**
 * How often a service's health is asked for, and how many failures in a row make it unhealthy: what `app/compose.yaml` says.
 * @throws BenchFailure when that service has no health check
 */
export function healthCheckOf(service: string): RecoveryFigures["check"] {
  const text = readFileSync(`${repository}/app/compose.yaml`, "utf8");
  const check = fileSchema.parse(parse(text, { merge: true })).services[service]?.healthcheck;
  if (!check) throw new BenchFailure(`expected ${service} to have a health check in app/compose.yaml`);
  return { interval: check.interval, retries: check.retries };
}
