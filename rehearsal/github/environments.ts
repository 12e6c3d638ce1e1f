/** Deployment environments and their protection. Nothing here waits or asks: the rules are kept. */
import { z } from "zod";
import type { Answer, Request } from "../http/exchange.ts";
import type { Router } from "../http/router.ts";
import { bodyOf, done, environmentOf, ok, page, refuse, repositoryPaths, verifyRepository } from "./api.ts";
import type { Environment, Hub, Reviewer } from "./hub.ts";

const schema = z.object({
  // Minutes, up to 30 days.
  wait_timer: z.number().int().min(0).max(43_200).nullish(),
  prevent_self_review: z.boolean().nullish(),
  can_admins_bypass: z.boolean().nullish(),
  reviewers: z
    .array(z.object({ type: z.enum(["User", "Team"]), id: z.number() }))
    .max(6)
    .nullish(),
  deployment_branch_policy: z
    .object({ protected_branches: z.boolean(), custom_branch_policies: z.boolean() })
    .nullish(),
});

function loginOf(hub: Hub, id: number): string | undefined {
  return Object.entries(hub.options.users).find(([, number]) => number === id)?.[0];
}

function verifyReviewers(hub: Hub, reviewers: readonly Reviewer[]): void {
  for (const { type, id } of reviewers) {
    const there = type === "User" ? loginOf(hub, id) !== undefined : hub.options.ownerType === "Organization";
    if (!there)
      throw refuse(422, `Validation Failed: the ${type.toLowerCase()} ${id} cannot review deployments`);
  }
}

function reviewerView(hub: Hub, { type, id }: Reviewer) {
  const who =
    type === "User"
      ? { login: loginOf(hub, id) ?? "ghost", id, node_id: `U_${id}`, type }
      : { id, node_id: `T_${id}`, name: `team-${id}`, slug: `team-${id}` };
  return { type, reviewer: who };
}

function rulesOf(hub: Hub, environment: Environment) {
  const { id, waitTimer, reviewers, preventSelfReview, branches } = environment;
  const rules: unknown[] = [];
  if (waitTimer > 0)
    rules.push({ id: id * 10 + 1, node_id: `GA_${id}1`, type: "wait_timer", wait_timer: waitTimer });
  if (reviewers.length > 0) {
    rules.push({
      id: id * 10 + 2,
      node_id: `GA_${id}2`,
      type: "required_reviewers",
      prevent_self_review: preventSelfReview,
      reviewers: reviewers.map((reviewer) => reviewerView(hub, reviewer)),
    });
  }
  if (branches) rules.push({ id: id * 10 + 3, node_id: `GA_${id}3`, type: "branch_policy" });
  return rules;
}

function view(hub: Hub, environment: Environment) {
  const { id, name, created_at, updated_at, canAdminsBypass, branches } = environment;
  return {
    id,
    node_id: `EN_${id}`,
    name,
    created_at,
    updated_at,
    can_admins_bypass: canAdminsBypass,
    protection_rules: rulesOf(hub, environment),
    deployment_branch_policy: branches,
  };
}

/** Sets everything: what is not given is as if the environment were new. */
async function put(hub: Hub, request: Request): Promise<Answer> {
  verifyRepository(hub, request);
  const body = await bodyOf(request, schema);
  const branches = body.deployment_branch_policy ?? null;
  if (branches && branches.protected_branches === branches.custom_branch_policies) {
    throw refuse(422, "protected_branches and custom_branch_policies cannot have the same value");
  }
  verifyReviewers(hub, body.reviewers ?? []);
  const environment = hub.environment(request.params.environment ?? "");
  environment.waitTimer = body.wait_timer ?? 0;
  environment.reviewers = body.reviewers ?? [];
  environment.preventSelfReview = body.prevent_self_review ?? false;
  environment.canAdminsBypass = body.can_admins_bypass ?? true;
  environment.branches = branches;
  if (!branches?.custom_branch_policies) environment.policies.clear();
  environment.updated_at = hub.now();
  return ok(view(hub, environment));
}

function list(hub: Hub, request: Request): Answer {
  verifyRepository(hub, request);
  const all = [...hub.environments.values()].map((environment) => view(hub, environment));
  return page(request, all, (environments, total_count) => ({ total_count, environments }));
}

/** Adds `…/environments`. */
export function addEnvironments(router: Router, hub: Hub): void {
  for (const root of repositoryPaths) {
    const one = `${root}/environments/:environment`;
    router
      .on("GET", `${root}/environments`, (request) => list(hub, request))
      .on("GET", one, (request) => ok(view(hub, environmentOf(hub, request))))
      .on("PUT", one, (request) => put(hub, request))
      .on("DELETE", one, (request) => {
        hub.environments.delete(environmentOf(hub, request).name);
        return done;
      });
  }
}
