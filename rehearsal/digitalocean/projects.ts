/** Projects: every resource belongs to one. */
import { z } from "zod";
import type { Answer, Request } from "../http/exchange.ts";
import type { Router } from "../http/router.ts";
import { bodyOf, found, gone, ok, page, refuse } from "./api.ts";
import type { Cloud } from "./cloud.ts";
import type { Project } from "./model.ts";

const fields = z.object({
  name: z.string().min(1).max(175),
  purpose: z.string().min(1).max(255),
  description: z.string().max(255).nullish(),
  environment: z.enum(["Development", "Staging", "Production", ""]).nullish(),
});
const changes = fields.partial().extend({ is_default: z.boolean().nullish() });
const resourcesSchema = z.object({ resources: z.array(z.string()) });

const view = (project: Project) => ({
  id: project.id,
  owner_uuid: "00000000-0000-4000-8000-000000000002",
  owner_id: 1,
  name: project.name,
  description: project.description,
  purpose: project.purpose,
  environment: project.environment,
  is_default: project.isDefault,
  created_at: project.createdAt,
  updated_at: project.updatedAt,
});

function known(cloud: Cloud, request: Request): Project {
  const { id = "" } = request.params;
  return id === "default" ? cloud.defaultProject : found(cloud.projects, id);
}

async function create(cloud: Cloud, request: Request): Promise<Answer> {
  const { name, purpose, description, environment } = await bodyOf(request, fields);
  const about = { name, purpose, description: description ?? "", environment: environment ?? "" };
  return { status: 201, json: { project: view(cloud.addProject(about)) } };
}

async function change(cloud: Cloud, request: Request): Promise<Answer> {
  const project = known(cloud, request);
  const asked = await bodyOf(request, changes);
  project.name = asked.name ?? project.name;
  project.purpose = asked.purpose ?? project.purpose;
  project.description = asked.description ?? project.description;
  project.environment = asked.environment ?? project.environment;
  if (asked.is_default) for (const other of cloud.projects.values()) other.isDefault = other === project;
  project.updatedAt = cloud.now();
  return ok({ project: view(project) });
}

const holders = new Map<string | undefined, (cloud: Cloud, id: string) => boolean>([
  ["droplet", (cloud, id) => cloud.droplets.has(Number(id))],
  ["reservedip", (cloud, id) => cloud.reservedIps.has(id)],
  ["domain", (cloud, id) => cloud.domains.has(id)],
  ["volume", (cloud, id) => cloud.volumes.has(id)],
  ["loadbalancer", (cloud, id) => cloud.loadBalancers.has(id)],
]);

/** Whether a resource of this name exists: `do:droplet:1`. */
function exists(cloud: Cloud, urn: string): boolean {
  const [, kind, id = ""] = urn.split(":");
  return holders.get(kind)?.(cloud, id) ?? false;
}

async function assign(cloud: Cloud, request: Request): Promise<Answer> {
  const project = known(cloud, request);
  const { resources } = await bodyOf(request, resourcesSchema);
  const answered = resources.map((urn) => {
    const there = exists(cloud, urn);
    const already = project.resources.has(urn);
    if (there && !already) cloud.assign(urn, project);
    const status = there ? (already ? "already_assigned" : "assigned") : "not_found";
    return { urn, assigned_at: cloud.now(), links: { self: `${request.origin}/v2` }, status };
  });
  return ok({ resources: answered });
}

function remove(cloud: Cloud, request: Request): Answer {
  const project = known(cloud, request);
  if (project.resources.size > 0) throw refuse(412, "cannot delete a project with resources");
  if (project.isDefault) throw refuse(412, "cannot delete the default project");
  cloud.projects.delete(project.id);
  return gone;
}

function resources(cloud: Cloud, request: Request): Answer {
  const rows = [...known(cloud, request).resources].map(([urn, assigned_at]) => {
    return { urn, assigned_at, links: { self: `${request.origin}/v2` }, status: "ok" };
  });
  return page(request, "resources", rows);
}

/** Adds `/v2/projects`; `default` stands for the id of the default project. */
export function addProjects(router: Router, cloud: Cloud): void {
  const one = "/v2/projects/:id";
  router
    .on("POST", "/v2/projects", (request) => create(cloud, request))
    .on("GET", "/v2/projects", (request) => page(request, "projects", [...cloud.projects.values()].map(view)))
    .on("GET", one, (request) => ok({ project: view(known(cloud, request)) }))
    .on("PUT", one, (request) => change(cloud, request))
    .on("PATCH", one, (request) => change(cloud, request))
    .on("DELETE", one, (request) => remove(cloud, request))
    .on("GET", `${one}/resources`, (request) => resources(cloud, request))
    .on("POST", `${one}/resources`, (request) => assign(cloud, request));
}
