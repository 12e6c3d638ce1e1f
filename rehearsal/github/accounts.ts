/** The owner, users, and the repository itself: read only. */
import type { Request } from "../http/exchange.ts";
import type { Router } from "../http/router.ts";
import { notFound, ok, repositoryPaths, verifyRepository } from "./api.ts";
import type { Hub } from "./hub.ts";

function userView(hub: Hub, login: string) {
  const known = Object.entries(hub.options.users).find(
    ([name]) => name.toLowerCase() === login.toLowerCase(),
  );
  if (!known) throw notFound();
  const [name, id] = known;
  return { login: name, id, node_id: `U_${id}`, type: "User", site_admin: false };
}

function ownerView(hub: Hub) {
  const { owner, ownerType, users } = hub.options;
  if (ownerType === "User") return userView(hub, owner);
  return { login: owner, id: users[owner] ?? 1, node_id: "O_1", type: ownerType };
}

function organisation(hub: Hub, request: Request) {
  const { owner, ownerType } = hub.options;
  const asked = (request.params.owner ?? "").toLowerCase();
  if (ownerType !== "Organization" || asked !== owner.toLowerCase()) throw notFound();
  return { ...ownerView(hub), name: owner };
}

function repositoryView(hub: Hub) {
  const { owner, repository } = hub.options;
  return {
    id: hub.repositoryId,
    node_id: `R_${hub.repositoryId}`,
    name: repository,
    full_name: `${owner}/${repository}`,
    private: true,
    visibility: "private",
    owner: ownerView(hub),
    html_url: `https://github.com/${owner}/${repository}`,
    default_branch: "main",
    archived: false,
    disabled: false,
    permissions: { admin: true, maintain: true, push: true, triage: true, pull: true },
  };
}

/** Adds `/user`, `/users/LOGIN`, `/orgs/OWNER` and the repository. */
export function addAccounts(router: Router, hub: Hub): void {
  router
    .on("GET", "/api/v3/user", () => ok(userView(hub, Object.keys(hub.options.users)[0] ?? "")))
    .on("GET", "/api/v3/users/:login", (request) => ok(userView(hub, request.params.login ?? "")))
    .on("GET", "/api/v3/orgs/:owner", (request) => ok(organisation(hub, request)));
  for (const root of repositoryPaths) {
    router.on("GET", root, (request) => {
      verifyRepository(hub, request);
      return ok(repositoryView(hub));
    });
  }
}
