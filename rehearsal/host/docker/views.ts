/** Containers and images in the shapes in which Docker shows them. */
import type { Container } from "../engine/container.ts";
import type { HealthCheck } from "../engine/health.ts";
import type { Image } from "../engine/image.ts";

const nanoseconds = 1_000_000;

/** As `docker inspect --type container` prints one, without what nothing here reads. */
export function inspectContainer(container: Container): Record<string, unknown> {
  const { spec, id } = container;
  return {
    Id: id,
    Created: container.createdAt.toISOString(),
    Path: spec.image.config.config.Entrypoint?.[0] ?? "",
    Args: spec.image.config.config.Cmd ?? [],
    State: stateOf(container),
    Image: spec.image.id,
    Name: `/${spec.name}`,
    RestartCount: container.restartCount,
    Driver: "simulated",
    Platform: "linux",
    HostConfig: {
      PortBindings: portBindings(container),
      RestartPolicy: { Name: spec.restart.name, MaximumRetryCount: spec.restart.maximumRetryCount },
    },
    Config: {
      Env: Object.entries(spec.environment).map(([name, value]) => `${name}=${value}`),
      Image: spec.reference,
      Labels: spec.labels,
      ...(spec.health ? { Healthcheck: healthcheckOf(spec.health) } : {}),
    },
    NetworkSettings: { Ports: container.status === "running" ? portBindings(container) : {} },
  };
}

function stateOf(container: Container): Record<string, unknown> {
  const { status, health } = container;
  return {
    Status: status,
    Running: container.running,
    Paused: false,
    Restarting: status === "restarting",
    OOMKilled: false,
    Dead: false,
    Pid: status === "running" ? 1 : 0,
    ExitCode: container.exitCode,
    Error: container.error,
    StartedAt: container.startedAt,
    FinishedAt: container.finishedAt,
    ...(health ? { Health: health } : {}),
  };
}

function portBindings({ spec }: Container): Record<string, { HostIp: string; HostPort: string }[]> {
  return Object.fromEntries(
    spec.ports.map(({ containerPort, hostAddress, hostPort }) => [
      `${containerPort}/tcp`,
      [{ HostIp: hostAddress === "" ? "0.0.0.0" : hostAddress, HostPort: String(hostPort) }],
    ]),
  );
}

function healthcheckOf(check: HealthCheck): Record<string, unknown> {
  return {
    Test: check.test,
    Interval: check.interval * nanoseconds,
    Timeout: check.timeout * nanoseconds,
    StartPeriod: check.startPeriod * nanoseconds,
    StartInterval: check.startInterval * nanoseconds,
    Retries: check.retries,
  };
}

/** As `docker image inspect` prints one. */
export function inspectImage(image: Image): Record<string, unknown> {
  return {
    Id: image.id,
    RepoTags: [...image.tags],
    RepoDigests: [...image.digests],
    Created: image.config.created ?? "",
    Architecture: image.config.architecture,
    Os: image.config.os,
    Size: image.size,
    Config: image.config.config,
    RootFS: { Type: "layers", Layers: image.config.rootfs.diff_ids },
  };
}

/** One line of `docker ps` as `--format json` has it; templates read the same fields. */
export function listContainer(container: Container): Record<string, unknown> {
  const { spec, createdAt } = container;
  return {
    ID: container.id.slice(0, 12),
    Names: spec.name,
    Image: spec.reference,
    State: container.status,
    Status: statusText(container),
    CreatedAt: createdAt.toISOString(),
    Labels: Object.entries(spec.labels)
      .map(([name, value]) => `${name}=${value}`)
      .join(","),
    Label: (name: string) => spec.labels[name] ?? "",
    Ports: publishedText(container),
  };
}

/** `Up 3 seconds (healthy)`, `Exited (1) 4 seconds ago`, … */
export function statusText(container: Container): string {
  switch (container.status) {
    case "created":
      return "Created";
    case "running": {
      const health = container.health?.Status;
      const shown = health === "starting" ? "health: starting" : health;
      return `Up ${since(container.startedAt)}${shown === undefined ? "" : ` (${shown})`}`;
    }
    case "restarting":
      return `Restarting (${container.exitCode}) ${since(container.finishedAt)} ago`;
    case "exited":
      return `Exited (${container.exitCode}) ${since(container.finishedAt)} ago`;
  }
}

export function publishedText(container: Container): string {
  if (container.status !== "running") return "";
  return container.spec.ports
    .map(({ hostAddress, hostPort, containerPort }) => {
      return `${hostAddress === "" ? "0.0.0.0" : hostAddress}:${hostPort}->${containerPort}/tcp`;
    })
    .join(", ");
}

function since(time: string): string {
  const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(time)) / 1000));
  if (seconds < 1) return "Less than a second";
  return seconds === 1 ? "1 second" : `${seconds} seconds`;
}
