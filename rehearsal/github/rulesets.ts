/** Rulesets: what protects branches and tags. They are kept and told; `rulesFor` lets other parts of the hub obey them. */
import { z } from "zod";
import type { Answer, Request } from "../http/exchange.ts";
import type { Router } from "../http/router.ts";
import { bodyOf, done, found, ok, page, refuse, repositoryPaths, verifyRepository } from "./api.ts";
import type { Hub, Ruleset } from "./hub.ts";

const plain = (type: string) => z.object({ type: z.literal(type), parameters: z.unknown().optional() });
const rule = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("pull_request"),
    parameters: z.object({
      dismiss_stale_reviews_on_push: z.boolean(),
      require_code_owner_review: z.boolean(),
      require_last_push_approval: z.boolean(),
      required_approving_review_count: z.number().int().min(0).max(10),
      required_review_thread_resolution: z.boolean(),
      allowed_merge_methods: z
        .array(z.enum(["merge", "squash", "rebase"]))
        .nullish()
        .transform((methods) => methods ?? ["merge", "squash", "rebase"]),
    }),
  }),
  z.object({
    type: z.literal("required_status_checks"),
    parameters: z.object({
      required_status_checks: z.array(
        z.object({ context: z.string().min(1), integration_id: z.number().optional() }),
      ),
      strict_required_status_checks_policy: z.boolean(),
      do_not_enforce_on_create: z.boolean().optional(),
    }),
  }),
  plain("creation") as z.ZodObject<{ type: z.ZodLiteral<"creation"> }>,
  plain("deletion") as z.ZodObject<{ type: z.ZodLiteral<"deletion"> }>,
  plain("non_fast_forward") as z.ZodObject<{ type: z.ZodLiteral<"non_fast_forward"> }>,
  plain("required_linear_history") as z.ZodObject<{ type: z.ZodLiteral<"required_linear_history"> }>,
  plain("required_signatures") as z.ZodObject<{ type: z.ZodLiteral<"required_signatures"> }>,
]);

const schema = z.object({
  name: z.string().min(1),
  target: z.enum(["branch", "tag", "push"]).default("branch"),
  enforcement: z.enum(["disabled", "active", "evaluate"]),
  bypass_actors: z
    .array(
      z.object({
        actor_id: z.number().nullish(),
        actor_type: z.enum(["Integration", "OrganizationAdmin", "RepositoryRole", "Team", "DeployKey"]),
        bypass_mode: z.enum(["always", "pull_request", "exempt"]).default("always"),
      }),
    )
    .nullish(),
  conditions: z
    .object({ ref_name: z.object({ include: z.array(z.string()), exclude: z.array(z.string()) }) })
    .nullish(),
  rules: z.array(rule).nullish(),
});

const view = (hub: Hub, ruleset: Ruleset) => ({
  ...ruleset,
  node_id: `RRS_${ruleset.id}`,
  source_type: "Repository",
  source: `${hub.options.owner}/${hub.options.repository}`,
});

async function save(hub: Hub, request: Request, before: Ruleset | undefined): Promise<Ruleset> {
  verifyRepository(hub, request);
  const body = await bodyOf(request, schema);
  const same = [...hub.rulesets.values()].find(({ name, id }) => name === body.name && id !== before?.id);
  if (same) throw refuse(422, "Validation Failed: Name must be unique");
  const at = hub.now();
  const ruleset: Ruleset = {
    id: before?.id ?? hub.nextId(),
    name: body.name,
    target: body.target,
    enforcement: body.enforcement,
    bypass_actors: (body.bypass_actors ?? []).map((actor) => ({
      ...actor,
      actor_id: actor.actor_id ?? null,
    })),
    conditions: body.conditions ?? { ref_name: { include: [], exclude: [] } },
    rules: body.rules ?? [],
    created_at: before?.created_at ?? at,
    updated_at: at,
  };
  hub.rulesets.set(ruleset.id, ruleset);
  return ruleset;
}

/** Whether a ruleset's pattern means a branch; `~DEFAULT_BRANCH` and `~ALL` are GitHub's own words, `*` is any text but a slash. */
function means(pattern: string, branch: string): boolean {
  if (pattern === "~ALL") return true;
  if (pattern === "~DEFAULT_BRANCH") return branch === "main";
  const source = pattern
    .replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&")
    .replaceAll("**", "\u0000")
    .replaceAll("*", "[^/]*")
    .replaceAll("\u0000", ".*");
  return new RegExp(`^${source}$`).test(`refs/heads/${branch}`);
}

/** The rules in force on a branch, as `GET R/rules/branches/BRANCH` tells them. */
export function rulesFor(
  hub: Hub,
  branch: string,
): { type: string; ruleset_id: number; parameters?: unknown }[] {
  return [...hub.rulesets.values()]
    .filter(({ target, enforcement, conditions: { ref_name } }) => {
      const meant = ref_name.include.some((pattern) => means(pattern, branch));
      return (
        target === "branch" &&
        enforcement === "active" &&
        meant &&
        !ref_name.exclude.some((p) => means(p, branch))
      );
    })
    .flatMap(({ id, rules }) => rules.map((one) => ({ ...one, ruleset_id: id })));
}

/** Adds `…/rulesets` and `…/rules/branches/BRANCH`. */
export function addRulesets(router: Router, hub: Hub): void {
  for (const root of repositoryPaths) {
    const one = `${root}/rulesets/:ruleset`;
    const known = (request: Request) => {
      verifyRepository(hub, request);
      return found(hub.rulesets, Number(request.params.ruleset));
    };
    const answer = (status: number, ruleset: Ruleset): Answer => ({ status, json: view(hub, ruleset) });
    router
      .on("GET", `${root}/rulesets`, (request) => {
        verifyRepository(hub, request);
        return page(request, [...hub.rulesets.values()], (shown) =>
          shown.map((ruleset) => {
            const {
              rules: _rules,
              conditions: _conditions,
              bypass_actors: _actors,
              ...short
            } = view(hub, ruleset);
            return short;
          }),
        );
      })
      .on("POST", `${root}/rulesets`, async (request) => answer(201, await save(hub, request, undefined)))
      .on("GET", one, (request) => answer(200, known(request)))
      .on("PUT", one, async (request) => answer(200, await save(hub, request, known(request))))
      .on("DELETE", one, (request) => {
        hub.rulesets.delete(known(request).id);
        return done;
      })
      .on("GET", `${root}/rules/branches/:branch+`, (request) => {
        verifyRepository(hub, request);
        return ok(rulesFor(hub, request.params.branch ?? ""));
      });
  }
}
