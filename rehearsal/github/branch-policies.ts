/** Which branches and tags may be deployed to an environment. */
import { z } from "zod";
import type { Answer, Request } from "../http/exchange.ts";
import type { Router } from "../http/router.ts";
import { bodyOf, done, environmentOf, found, notFound, ok, page, repositoryPaths } from "./api.ts";
import type { BranchPolicy, Hub } from "./hub.ts";

const createSchema = z.object({ name: z.string().min(1), type: z.enum(["branch", "tag"]).default("branch") });
const changeSchema = z.object({ name: z.string().min(1) });

/** Policies exist only in environments that ask for custom ones; otherwise 404, as on GitHub. */
function policiesOf(hub: Hub, request: Request): Map<number, BranchPolicy> {
  const environment = environmentOf(hub, request);
  if (!environment.branches?.custom_branch_policies) throw notFound();
  return environment.policies;
}

/** 200 with the policy; 303 without a body when there is one of that name already. */
async function create(hub: Hub, request: Request): Promise<Answer> {
  const policies = policiesOf(hub, request);
  const { name, type } = await bodyOf(request, createSchema);
  const known = [...policies.values()].find((policy) => policy.name === name && policy.type === type);
  if (known) return { status: 303, headers: { location: `${request.origin}${request.path}/${known.id}` } };
  const id = hub.nextId();
  const policy: BranchPolicy = { id, node_id: `DBP_${id}`, name, type };
  policies.set(id, policy);
  return ok(policy);
}

/** Adds `…/environments/E/deployment-branch-policies`. */
export function addBranchPolicies(router: Router, hub: Hub): void {
  for (const root of repositoryPaths) {
    const all = `${root}/environments/:environment/deployment-branch-policies`;
    const one = `${all}/:policy`;
    const known = (request: Request) => found(policiesOf(hub, request), Number(request.params.policy));
    router
      .on("GET", all, (request) => {
        const policies = [...policiesOf(hub, request).values()];
        return page(request, policies, (branch_policies, total_count) => ({ total_count, branch_policies }));
      })
      .on("POST", all, (request) => create(hub, request))
      .on("GET", one, (request) => ok(known(request)))
      .on("PUT", one, async (request) => {
        const policy = known(request);
        policy.name = (await bodyOf(request, changeSchema)).name;
        return ok(policy);
      })
      .on("DELETE", one, (request) => {
        policiesOf(hub, request).delete(known(request).id);
        return done;
      });
  }
}
