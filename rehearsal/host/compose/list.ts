/** `docker compose ps` and `logs`. */
import { type Call, unsupported } from "../docker/call.ts";
import { parseFlags } from "../docker/flags.ts";
import { publishedText, statusText } from "../docker/views.ts";
import type { Container } from "../engine/container.ts";
import { projectContainers, serviceLabel } from "./containers.ts";
import type { Project } from "./project.ts";
import { failed } from "./refusal.ts";

/** Containers of the services named, or of all; sorted by name. */
function chosen(call: Call, project: Project, names: readonly string[]): Container[] {
  const unknown = names.find((name) => !project.services.has(name));
  if (unknown !== undefined) throw failed(`no such service: ${unknown}`);
  return projectContainers(call.engine, project.name)
    .filter(({ spec }) => names.length === 0 || names.includes(spec.labels[serviceLabel] ?? ""))
    .sort((a, b) => (a.spec.name < b.spec.name ? -1 : 1));
}

export async function ps(call: Call, project: Project): Promise<void> {
  const flags = parseFlags("docker compose ps", call.argv, {
    all: { short: "a" },
    quiet: { short: "q" },
    services: {},
    "no-trunc": {},
    format: { takes: "value" },
  });
  const shown = chosen(call, project, flags.operands).filter(
    (container) => flags.on("all") || container.running,
  );
  const format = flags.value("format") ?? "table";
  if (flags.on("quiet")) return call.out(shown.map(({ id }) => `${id}\n`).join(""));
  if (flags.on("services")) {
    return call.out(shown.map(({ spec }) => `${spec.labels[serviceLabel]}\n`).join(""));
  }
  if (format === "json")
    return call.out(shown.map((container) => `${JSON.stringify(view(project, container))}\n`).join(""));
  if (format !== "table") throw unsupported(`\`docker compose ps --format ${format}\``, 1);
  call.out("NAME\tIMAGE\tSERVICE\tSTATUS\tPORTS\n");
  for (const container of shown) {
    const { name, reference, labels } = container.spec;
    const cells = [name, reference, labels[serviceLabel], statusText(container), publishedText(container)];
    call.out(`${cells.join("\t")}\n`);
  }
}

function view(project: Project, container: Container): Record<string, unknown> {
  const { spec } = container;
  return {
    ID: container.id.slice(0, 12),
    Name: spec.name,
    Project: project.name,
    Service: spec.labels[serviceLabel],
    Image: spec.reference,
    State: container.status,
    Status: statusText(container),
    Health: container.status === "running" ? (container.health?.Status ?? "") : "",
    ExitCode: container.exitCode,
    CreatedAt: container.createdAt.toISOString(),
    Publishers: spec.ports.map(({ hostAddress, hostPort, containerPort }) => ({
      URL: hostAddress === "" ? "0.0.0.0" : hostAddress,
      TargetPort: containerPort,
      PublishedPort: hostPort,
      Protocol: "tcp",
    })),
  };
}

export async function logs(call: Call, project: Project): Promise<void> {
  const flags = parseFlags("docker compose logs", call.argv, {
    "no-color": {},
    "no-log-prefix": {},
    tail: { takes: "value", short: "n" },
    timestamps: { short: "t" },
  });
  const tail = flags.value("tail") === "all" ? undefined : flags.number("tail");
  for (const container of chosen(call, project, flags.operands)) {
    const prefix = flags.on("no-log-prefix") ? "" : `${container.spec.labels[serviceLabel]}-1  | `;
    for (const { at, text } of container.logs.tail(tail)) {
      const time = flags.on("timestamps") ? `${new Date(at).toISOString()} ` : "";
      call.out(`${prefix}${time}${text}\n`);
    }
  }
}
