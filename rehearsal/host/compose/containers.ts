/** Containers of a project: which there are, and how a service becomes one. */
import { createHash, randomBytes } from "node:crypto";
import type { Call } from "../docker/call.ts";
import { findImage } from "../docker/find.ts";
import type { Container } from "../engine/container.ts";
import type { Engine } from "../engine/engine.ts";
import type { HealthCheck } from "../engine/health.ts";
import type { Image } from "../engine/image.ts";
import { type Mount, mountOf } from "../engine/volumes.ts";
import type { Project } from "./project.ts";
import { failed } from "./refusal.ts";
import { isMapping, mappingAt } from "./schema.ts";
import { effectiveHealth, type Service } from "./service.ts";

const projectLabel = "com.docker.compose.project";
export const serviceLabel = "com.docker.compose.service";
const oneOffLabel = "com.docker.compose.oneoff";
const hashLabel = "com.docker.compose.config-hash";

/** Containers of the project that are not from `compose run`. */
export function projectContainers(engine: Engine, project: string): Container[] {
  return engine
    .containers()
    .filter(({ spec }) => spec.labels[projectLabel] === project && spec.labels[oneOffLabel] !== "True");
}

export function containerOf(engine: Engine, project: string, service: string): Container | undefined {
  return projectContainers(engine, project).find(({ spec }) => spec.labels[serviceLabel] === service);
}

/** Containers whose service the project does not know (any more), and ended one-off ones. */
export function orphans(engine: Engine, project: Project): Container[] {
  return engine.containers().filter(({ spec, status }) => {
    if (spec.labels[projectLabel] !== project.name) return false;
    if (spec.labels[oneOffLabel] === "True") return status === "exited";
    return !project.services.has(spec.labels[serviceLabel] ?? "");
  });
}

/** True when the container is not what `up` would create now. */
export function isOutdated({ spec }: Container, service: Service, image: Image): boolean {
  return spec.labels[hashLabel] !== configHash(service) || spec.image.id !== image.id;
}

/** Changes when anything that a container is made from changes. */
export function configHash(service: Service): string {
  const { depends_on: _, profiles: __, ...kept } = service.raw;
  return createHash("sha256")
    .update(JSON.stringify(sorted(kept)))
    .digest("hex");
}

/** @throws CommandFailure when the image is not on the host */
export function imageOf(call: Call, service: Service): Image {
  const image = findImage(call, service.image);
  if (!image) throw failed(`Error response from daemon: No such image: ${service.image}`);
  return image;
}

/** Creates the container of a service. */
export function createContainer(
  call: Call,
  project: Project,
  service: Service,
  kind: "service" | "one-off",
): Container {
  const image = imageOf(call, service);
  const oneOff = kind === "one-off";
  const usual = service.containerName ?? `${project.name}-${service.name}-1`;
  return call.engine.create({
    name: oneOff ? `${project.name}-${service.name}-run-${randomBytes(6).toString("hex")}` : usual,
    image,
    reference: service.image,
    labels: {
      ...image.config.config.Labels,
      ...service.labels,
      [projectLabel]: project.name,
      [serviceLabel]: service.name,
      [oneOffLabel]: oneOff ? "True" : "False",
      [hashLabel]: configHash(service),
      "com.docker.compose.container-number": "1",
      "com.docker.compose.image": image.id,
      "com.docker.compose.project.working_dir": project.directory,
    },
    environment: { ...imageEnvironment(image), ...service.environment },
    ports: oneOff ? [] : service.ports,
    mounts: mountsOf(project, service),
    restart: oneOff ? { name: "no", maximumRetryCount: 0 } : service.restart,
    health: effectiveHealth(service.health, imageHealth(image)),
  });
}

/** Named volumes of a service: with a name of their own, or the project's. */
function mountsOf(project: Project, service: Service): Mount[] {
  const named = mappingAt(project.document, "volumes");
  const given: unknown[] = Array.isArray(service.raw.volumes) ? service.raw.volumes : [];
  return given.flatMap((one) => {
    const text = isMapping(one) ? `${String(one.source)}:${String(one.target)}` : String(one);
    const mount = mountOf(text);
    if (!mount || !Object.hasOwn(named, mount.volume)) return [];
    const { name = `${project.name}_${mount.volume}` } = mappingAt(named, mount.volume);
    return { ...mount, volume: String(name) };
  });
}

export function imageEnvironment(image: Image): Record<string, string> {
  const pairs = (image.config.config.Env ?? []).map((text) => {
    const equals = text.indexOf("=");
    return [text.slice(0, equals), text.slice(equals + 1)] as const;
  });
  return Object.fromEntries(pairs);
}

export function imageHealth(image: Image): Partial<HealthCheck> | undefined {
  const { Healthcheck: given } = image.config.config;
  if (!given) return undefined;
  const times = {
    interval: given.Interval,
    timeout: given.Timeout,
    startPeriod: given.StartPeriod,
    startInterval: given.StartInterval,
  };
  // Zero means Docker's own value.
  const set = Object.entries(times).filter(([, value]) => value !== undefined && value > 0);
  return {
    ...Object.fromEntries(set.map(([name, value]) => [name, Number(value) / 1_000_000])),
    ...(given.Retries ? { retries: given.Retries } : {}),
    ...(given.Test ? { test: given.Test } : {}),
  };
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
