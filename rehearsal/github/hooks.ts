/** Webhooks of the repository. Nothing is ever sent to them; their secret is told as asterisks. */
import { z } from "zod";
import type { Answer, Request } from "../http/exchange.ts";
import type { Router } from "../http/router.ts";
import { bodyOf, done, found, ok, page, refuse, repositoryPaths, verifyRepository } from "./api.ts";
import type { Hook, Hub } from "./hub.ts";

const config = z.object({
  url: z.url(),
  content_type: z.enum(["json", "form"]).default("form"),
  secret: z.string().optional(),
  insecure_ssl: z.union([z.string(), z.number()]).transform(String).default("0"),
});
const createSchema = z.object({
  name: z.literal("web").default("web"),
  active: z.boolean().default(true),
  events: z.array(z.string().min(1)).min(1).default(["push"]),
  config,
});
const changeSchema = z.object({
  active: z.boolean().optional(),
  events: z.array(z.string().min(1)).min(1).optional(),
  config: config.optional(),
});

function view(hub: Hub, request: Request, hook: Hook) {
  const { secret, ...shown } = hook.config;
  const url = `${request.origin}/api/v3/repos/${hub.options.owner}/${hub.options.repository}/hooks/${hook.id}`;
  const about = { type: "Repository", name: "web", url, test_url: `${url}/test`, ping_url: `${url}/pings` };
  return { ...hook, ...about, config: { ...shown, ...(secret !== undefined && { secret: "********" }) } };
}

async function create(hub: Hub, request: Request): Promise<Answer> {
  verifyRepository(hub, request);
  const { active, events, config: given } = await bodyOf(request, createSchema);
  const twice = [...hub.hooks.values()].some(
    (hook) => hook.config.url === given.url && hook.events.join() === events.join(),
  );
  if (twice) throw refuse(422, "Validation Failed: Hook already exists on this repository");
  const at = hub.now();
  const hook: Hook = { id: hub.nextId(), active, events, config: given, created_at: at, updated_at: at };
  hub.hooks.set(hook.id, hook);
  return { status: 201, json: view(hub, request, hook) };
}

async function change(hub: Hub, request: Request, hook: Hook): Promise<Answer> {
  const { active, events, config: given } = await bodyOf(request, changeSchema);
  // A configuration is replaced as a whole: without a secret in it there is none any more.
  Object.assign(hook, {
    ...(active !== undefined && { active }),
    ...(events && { events }),
    ...(given && { config: given }),
    updated_at: hub.now(hook.updated_at),
  });
  return ok(view(hub, request, hook));
}

/** Adds `…/hooks`. */
export function addHooks(router: Router, hub: Hub): void {
  for (const root of repositoryPaths) {
    const one = `${root}/hooks/:hook`;
    const known = (request: Request) => {
      verifyRepository(hub, request);
      return found(hub.hooks, Number(request.params.hook));
    };
    router
      .on("GET", `${root}/hooks`, (request) => {
        verifyRepository(hub, request);
        return page(request, [...hub.hooks.values()], (shown) =>
          shown.map((hook) => view(hub, request, hook)),
        );
      })
      .on("POST", `${root}/hooks`, (request) => create(hub, request))
      .on("GET", one, (request) => ok(view(hub, request, known(request))))
      .on("PATCH", one, (request) => change(hub, request, known(request)))
      .on("DELETE", one, (request) => {
        hub.hooks.delete(known(request).id);
        return done;
      });
  }
}
