/** Deployments and their statuses: GitHub's own record of what was deployed where. */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { Answer, Request } from "../http/exchange.ts";
import type { Router } from "../http/router.ts";
import { bodyOf, done, found, ok, page, refuse, repositoryPaths, verifyRepository } from "./api.ts";
import type { Deployment, DeploymentStatus, Hub } from "./hub.ts";

const createSchema = z.object({
  ref: z.string().min(1),
  task: z.string().default("deploy"),
  payload: z.unknown().optional(),
  environment: z.string().default("production"),
  description: z.string().nullish(),
  transient_environment: z.boolean().default(false),
  production_environment: z.boolean().optional(),
});
const statusSchema = z.object({
  state: z.enum(["error", "failure", "inactive", "in_progress", "queued", "pending", "success"]),
  description: z.string().max(140).nullish(),
  environment: z.string().optional(),
  log_url: z.string().nullish(),
  environment_url: z.string().nullish(),
  auto_inactive: z.boolean().default(true),
});

function view(deployment: Deployment) {
  const { id, ref, sha, task, payload, environment, description, created_at, updated_at } = deployment;
  const { transient_environment, production_environment } = deployment;
  const kind = { transient_environment, production_environment };
  const about = { ref, sha, task, payload, environment, description, ...kind, created_at, updated_at };
  return { id, node_id: `DE_${id}`, ...about };
}

/** There is no git here: a ref that is no commit stands for the same commit always. */
function commitOf(ref: string): string {
  return /^[0-9a-f]{40}$/.test(ref) ? ref : createHash("sha1").update(ref).digest("hex");
}

async function create(hub: Hub, request: Request): Promise<Answer> {
  verifyRepository(hub, request);
  const { ref, task, payload, environment, description, ...about } = await bodyOf(request, createSchema);
  const at = hub.now();
  const deployment: Deployment = {
    id: hub.nextId(),
    ref,
    sha: commitOf(ref),
    task,
    payload: payload ?? {},
    environment: hub.environment(environment).name,
    description: description ?? "",
    transient_environment: about.transient_environment,
    production_environment: about.production_environment ?? environment === "production",
    created_at: at,
    updated_at: at,
    statuses: [],
  };
  hub.deployments.set(deployment.id, deployment);
  return { status: 201, json: view(deployment) };
}

function addStatus(hub: Hub, deployment: Deployment, given: Partial<DeploymentStatus> & { state: string }) {
  const status: DeploymentStatus = {
    id: hub.nextId(),
    description: "",
    environment: deployment.environment,
    log_url: "",
    environment_url: "",
    created_at: hub.now(),
    ...given,
  };
  deployment.statuses.push(status);
  deployment.updated_at = status.created_at;
  return status;
}

/**
 * After a success, earlier successful deployments of the same environment become inactive, unless told not to. Those into production
 * environments are left to whoever made them. Source: docs.github.com/rest/deployments/statuses, `auto_inactive`.
 */
function retireOthers(hub: Hub, deployment: Deployment): void {
  for (const other of hub.deployments.values()) {
    const same = other !== deployment && other.environment === deployment.environment;
    const kept = other.transient_environment || other.production_environment;
    if (same && !kept && other.statuses.at(-1)?.state === "success")
      addStatus(hub, other, { state: "inactive" });
  }
}

async function report(hub: Hub, deployment: Deployment, request: Request): Promise<Answer> {
  const { auto_inactive, ...body } = await bodyOf(request, statusSchema);
  const status = addStatus(hub, deployment, {
    state: body.state,
    description: body.description ?? "",
    environment: body.environment ?? deployment.environment,
    log_url: body.log_url ?? "",
    environment_url: body.environment_url ?? "",
  });
  if (body.state === "success" && auto_inactive) retireOthers(hub, deployment);
  return { status: 201, json: status };
}

function list(hub: Hub, request: Request): Answer {
  verifyRepository(hub, request);
  const wanted = (["ref", "sha", "task", "environment"] as const).map(
    (key) => [key, request.query.get(key)] as const,
  );
  const fits = (deployment: Deployment) =>
    wanted.every(([key, value]) => value === null || value === "none" || deployment[key] === value);
  const newest = [...hub.deployments.values()].toReversed().filter(fits);
  return page(request, newest.map(view), (shown) => shown);
}

function remove(hub: Hub, { id, statuses }: Deployment): Answer {
  const active = hub.deployments.size > 1 && statuses.at(-1)?.state === "success";
  if (active) throw refuse(422, "Validation Failed: an active deployment cannot be deleted");
  hub.deployments.delete(id);
  return done;
}

/** Adds `…/deployments` and `…/deployments/ID/statuses`; both lists are newest first. */
export function addDeployments(router: Router, hub: Hub): void {
  for (const root of repositoryPaths) {
    const one = `${root}/deployments/:deployment`;
    const known = (request: Request) => {
      verifyRepository(hub, request);
      return found(hub.deployments, Number(request.params.deployment));
    };
    router
      .on("POST", `${root}/deployments`, (request) => create(hub, request))
      .on("GET", `${root}/deployments`, (request) => list(hub, request))
      .on("GET", one, (request) => ok(view(known(request))))
      .on("DELETE", one, (request) => remove(hub, known(request)))
      .on("POST", `${one}/statuses`, (request) => report(hub, known(request), request))
      .on("GET", `${one}/statuses`, (request) =>
        page(request, known(request).statuses.toReversed(), (shown) => shown),
      );
  }
}
