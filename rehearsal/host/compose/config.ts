/** `docker compose config` and `pull`. */
import { stringify } from "yaml";
import { type Call, unsupported } from "../docker/call.ts";
import { parseFlags } from "../docker/flags.ts";
import { pullImages, readPullPolicy } from "./images.ts";
import type { Project } from "./project.ts";
import { selectServices } from "./selection.ts";
import type { Service } from "./service.ts";

export async function config(call: Call, project: Project): Promise<void> {
  const flags = parseFlags("docker compose config", call.argv, {
    quiet: { short: "q" },
    services: {},
    images: {},
    profiles: {},
    format: { takes: "value" },
  });
  const services = selectServices(project, flags.operands, { dependencies: true });
  if (flags.on("quiet")) return;
  const lines = (texts: readonly string[]) => call.out(texts.map((text) => `${text}\n`).join(""));
  if (flags.on("services")) return lines(services.map(({ name }) => name));
  if (flags.on("images")) return lines([...new Set(services.map(({ image }) => image))]);
  if (flags.on("profiles")) {
    return lines([...new Set([...project.services.values()].flatMap(({ profiles }) => profiles))].sort());
  }
  const model = {
    ...project.document,
    name: project.name,
    services: Object.fromEntries(services.map((service) => [service.name, shown(service)])),
  };
  const format = flags.value("format") ?? "yaml";
  if (format === "json") return call.out(`${JSON.stringify(model, undefined, 2)}\n`);
  if (format !== "yaml") throw unsupported(`\`docker compose config --format ${format}\``, 1);
  call.out(stringify(model));
}

function shown({ raw, environment }: Service): Record<string, unknown> {
  return Object.keys(environment).length > 0 ? { ...raw, environment } : raw;
}

export async function pull(call: Call, project: Project): Promise<void> {
  const flags = parseFlags("docker compose pull", call.argv, {
    quiet: { short: "q" },
    policy: { takes: "value" },
    "include-deps": {},
    "ignore-pull-failures": {},
  });
  const dependencies = flags.on("include-deps");
  const services = selectServices(project, flags.operands, { dependencies });
  const policy = readPullPolicy(flags.value("policy") ?? "always");
  await pullImages(call, services, policy, flags.on("quiet") ? () => {} : call.err);
}
