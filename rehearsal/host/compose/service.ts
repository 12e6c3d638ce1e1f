/** A service of a compose file in the one form that the rest of compose works with. */
import { type HealthCheck, healthDefaults } from "../engine/health.ts";
import type { PortBinding } from "../engine/ports.ts";
import { parseRestartPolicy, type RestartPolicy } from "../engine/restart.ts";
import { parseDuration } from "./duration.ts";
import { assignmentsOf, conditionsOf } from "./merge.ts";
import { parsePort } from "./port.ts";
import { invalid } from "./refusal.ts";
import { isMapping, type Mapping } from "./schema.ts";

export interface Dependency {
  condition: "service_started" | "service_healthy" | "service_completed_successfully";
  required: boolean;
}

export interface Service {
  name: string;
  image: string;
  containerName: string | undefined;
  profiles: readonly string[];
  environment: Readonly<Record<string, string>>;
  labels: Readonly<Record<string, string>>;
  ports: readonly PortBinding[];
  restart: RestartPolicy;
  /** What is given here; the image's own check fills in the rest. `"none"` switches that off. */
  health: Partial<HealthCheck> | "none" | undefined;
  dependsOn: Readonly<Record<string, Dependency>>;
  /** Everything, as it stands in the merged files: a change of it means another container. */
  raw: Mapping;
}

/** @throws CommandFailure 15 for values that are not what they should be */
export function readService(
  name: string,
  raw: Mapping,
  inherited: Readonly<Record<string, string>>,
): Service {
  const refuse = (key: string, what: string) => invalid(`services.${name}.${key} ${what}`);
  const { image, restart = "no" } = raw;
  if (typeof image !== "string" || image === "") {
    throw invalid(
      `service "${name}" has neither an image nor a build context specified: invalid compose project`,
    );
  }
  const policy = parseRestartPolicy(restart === false ? "no" : String(restart));
  if (!policy) throw refuse("restart", `has the unknown policy ${String(restart)}`);
  const { deploy, scale } = raw;
  const replicas = isMapping(deploy) ? (deploy.replicas ?? scale) : scale;
  if (replicas !== undefined && Number(replicas) !== 1) {
    throw invalid(
      `the simulated host's docker does not support services.${name} in ${Number(replicas)} copies`,
    );
  }
  return {
    name,
    image,
    containerName: typeof raw.container_name === "string" ? raw.container_name : undefined,
    profiles: list(raw.profiles).map(String),
    environment: environmentOf(raw, inherited),
    labels: Object.fromEntries(
      Object.entries(assignmentsOf(raw.labels)).map(([key, value]) => [key, value ?? ""]),
    ),
    ports: list(raw.ports).flatMap((port) => {
      const parsed = parsePort(port);
      if (!parsed) throw refuse("ports", `has the invalid port ${JSON.stringify(port)}`);
      return parsed;
    }),
    restart: policy,
    health: healthOf(raw.healthcheck, refuse),
    dependsOn: dependenciesOf(raw.depends_on, refuse),
    raw,
  };
}

/** A name without a value takes that of the caller's environment, and is absent when there is none. */
function environmentOf(raw: Mapping, inherited: Readonly<Record<string, string>>): Record<string, string> {
  const pairs = Object.entries(assignmentsOf(raw.environment)).flatMap(([name, value]) => {
    const actual = value ?? inherited[name];
    return actual === undefined ? [] : [[name, actual] as const];
  });
  return Object.fromEntries(pairs);
}

type Refuse = (key: string, what: string) => Error;

function healthOf(value: unknown, refuse: Refuse): Service["health"] {
  if (!isMapping(value)) return undefined;
  const { test, disable, retries } = value;
  const words =
    typeof test === "string" ? ["CMD-SHELL", test] : test === undefined ? undefined : list(test).map(String);
  if (disable === true || words?.[0] === "NONE") return "none";
  if (words && !["CMD", "CMD-SHELL"].includes(words[0] ?? "")) {
    throw refuse("healthcheck.test", 'must start either by "CMD", "CMD-SHELL" or "NONE"');
  }
  const time = (key: string) => {
    const text = value[key];
    if (text === undefined) return undefined;
    const milliseconds = typeof text === "string" ? parseDuration(text) : undefined;
    if (milliseconds === undefined) {
      throw refuse(`healthcheck.${key}`, `has the invalid duration ${JSON.stringify(text)}`);
    }
    return milliseconds;
  };
  return withoutUndefined({
    test: words,
    interval: time("interval"),
    timeout: time("timeout"),
    startPeriod: time("start_period"),
    startInterval: time("start_interval"),
    retries: retries === undefined ? undefined : Number(retries),
  });
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Defined<T>;
}

function dependenciesOf(value: unknown, refuse: Refuse): Record<string, Dependency> {
  const entries = Object.entries(conditionsOf(value)).map(([name, { condition, required }]) => {
    const wanted = condition ?? "service_started";
    if (
      wanted !== "service_started" &&
      wanted !== "service_healthy" &&
      wanted !== "service_completed_successfully"
    ) {
      throw refuse(`depends_on.${name}`, `has the unknown condition ${JSON.stringify(wanted)}`);
    }
    return [name, { condition: wanted, required: required !== false } satisfies Dependency] as const;
  });
  return Object.fromEntries(entries);
}

/** The check that a container gets: the service's over the image's over Docker's own values. */
export function effectiveHealth(
  own: Service["health"],
  image: Partial<HealthCheck> | undefined,
): HealthCheck | undefined {
  if (own === "none") return undefined;
  const merged = { ...healthDefaults, ...image, ...own };
  const { test } = merged;
  return test === undefined || test[0] === "NONE" ? undefined : { ...merged, test };
}

function list(value: unknown): unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}
