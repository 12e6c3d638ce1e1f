/** Droplets. */
import type { Answer, Request } from "../http/exchange.ts";
import type { Router } from "../http/router.ts";
import { actionsOf, answerAction } from "./actions.ts";
import { foundById, gone, ok, page, refuse } from "./api.ts";
import type { Cloud } from "./cloud.ts";
import { actOnDroplet, verifyIdle } from "./droplet-actions.ts";
import { createDroplet } from "./droplet-create.ts";
import { dropletView } from "./droplet-view.ts";

function list(cloud: Cloud, request: Request): Answer {
  const tag = request.query.get("tag_name");
  const name = request.query.get("name");
  const chosen = [...cloud.droplets.values()].filter(
    (droplet) => (tag === null || droplet.tags.has(tag)) && (name === null || droplet.name === name),
  );
  return page(request, "droplets", chosen.map(dropletView));
}

/** Destroys the host before it answers, so that whoever deleted a droplet finds nothing of it left. */
async function remove(cloud: Cloud, request: Request): Promise<Answer> {
  const droplet = foundById(cloud.droplets, request);
  verifyIdle(droplet);
  const { platform } = cloud.options;
  droplet.locked = true;
  try {
    for (const { ip, droplet: assigned } of cloud.reservedIps.values()) {
      if (assigned === droplet.id) await platform.unassignAddress(ip);
    }
    await platform.destroy(droplet.id);
  } catch (cause) {
    droplet.locked = false;
    const message = cause instanceof Error ? cause.message : String(cause);
    cloud.problems.push({ droplet: droplet.id, doing: "destroy", message });
    throw refuse(500, `the platform could not destroy droplet ${droplet.id}: ${message}`);
  }
  cloud.forgetDroplet(droplet.id);
  return gone;
}

/** Adds `/v2/droplets`. */
export function addDroplets(router: Router, cloud: Cloud): void {
  const one = "/v2/droplets/:id";
  router
    .on("POST", "/v2/droplets", (request) => createDroplet(cloud, request))
    .on("GET", "/v2/droplets", (request) => list(cloud, request))
    .on("GET", one, (request) => ok({ droplet: dropletView(foundById(cloud.droplets, request)) }))
    .on("DELETE", one, (request) => remove(cloud, request))
    .on("POST", `${one}/actions`, (request) => actOnDroplet(cloud, request))
    .on("GET", `${one}/actions`, (request) => {
      const { id } = foundById(cloud.droplets, request);
      return page(request, "actions", actionsOf(cloud, "droplet", id));
    })
    .on("GET", `${one}/actions/:action`, (request) => answerAction(cloud, request, "action"));
}
