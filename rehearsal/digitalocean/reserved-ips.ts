/** Reserved IP addresses, and pointing them at droplets. */
import { z } from "zod";
import type { Answer, Request } from "../http/exchange.ts";
import type { Router } from "../http/router.ts";
import { actionsOf, answerAction, perform } from "./actions.ts";
import { bodyOf, found, gone, ok, page, unprocessable } from "./api.ts";
import { regions, regionView } from "./catalogue.ts";
import type { Cloud } from "./cloud.ts";
import { dropletView } from "./droplet-view.ts";
import type { Droplet, ReservedIp } from "./model.ts";

const createSchema = z.object({ region: z.string().nullish(), droplet_id: z.number().nullish() });
const actionSchema = z.object({ type: z.enum(["assign", "unassign"]), droplet_id: z.number().optional() });

function view(cloud: Cloud, reserved: ReservedIp) {
  const droplet = reserved.droplet === undefined ? undefined : cloud.droplets.get(reserved.droplet);
  return {
    ip: reserved.ip,
    region: regionView(reserved.region),
    droplet: droplet ? dropletView(droplet) : null,
    locked: reserved.locked,
    project_id: cloud.projectOf(`do:reservedip:${reserved.ip}`).id,
  };
}

/** The droplet it may be pointed at; throws 422 otherwise. */
function verifyTarget(cloud: Cloud, reserved: ReservedIp, id: number | undefined): Droplet {
  const droplet = cloud.droplets.get(id ?? 0);
  if (!droplet) throw unprocessable("The Droplet you are trying to assign to does not exist.");
  if (droplet.region !== reserved.region) {
    throw unprocessable("The Droplet and the reserved IP must be in the same region.");
  }
  const other = [...cloud.reservedIps.values()].find((ip) => ip.droplet === droplet.id && ip !== reserved);
  if (other) throw unprocessable(`The Droplet already has the reserved IP ${other.ip}.`);
  return droplet;
}

/** Numbers of actions are asked for by address; the API gives reserved addresses a number of their own. */
const numberOf = (ip: string) => ip.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);

function point(cloud: Cloud, reserved: ReservedIp, droplet: Droplet | undefined) {
  const { platform } = cloud.options;
  const before = reserved.droplet;
  const about = droplet?.id ?? before ?? 0;
  const subject = {
    id: numberOf(reserved.ip),
    type: "reserved_ip",
    region: reserved.region,
    droplet: about,
  } as const;
  const work = async () => {
    if (before !== undefined) await platform.unassignAddress(reserved.ip);
    reserved.droplet = undefined;
    if (droplet) await platform.assignAddress(droplet.id, reserved.ip);
    reserved.droplet = droplet?.id;
  };
  reserved.locked = true;
  return perform(cloud, droplet ? "assign_ip" : "unassign_ip", subject, work, () => {
    reserved.locked = false;
  });
}

async function create(cloud: Cloud, request: Request): Promise<Answer> {
  const { region, droplet_id } = await bodyOf(request, createSchema);
  const slug = region ?? cloud.droplets.get(droplet_id ?? 0)?.region;
  if (slug === undefined || !regions.has(slug)) throw unprocessable("You specified an invalid region.");
  const fresh: ReservedIp = { ip: "", region: slug, droplet: undefined, locked: false };
  const droplet = droplet_id ? verifyTarget(cloud, fresh, droplet_id) : undefined;
  const reserved: ReservedIp = { ...fresh, ip: cloud.options.platform.allocateAddress("reserved") };
  cloud.reservedIps.set(reserved.ip, reserved);
  cloud.assign(`do:reservedip:${reserved.ip}`);
  const actions = droplet ? [{ id: point(cloud, reserved, droplet).id, rel: "assign_ip" }] : [];
  return { status: 202, json: { reserved_ip: view(cloud, reserved), links: { droplets: [], actions } } };
}

async function act(cloud: Cloud, request: Request): Promise<Answer> {
  const reserved = found(cloud.reservedIps, request.params.ip ?? "");
  const { type, droplet_id } = await bodyOf(request, actionSchema);
  if (reserved.locked) throw unprocessable("The reserved IP already has a pending event.");
  if (type === "unassign" && reserved.droplet === undefined) {
    throw unprocessable("The reserved IP is not assigned.");
  }
  const target = type === "assign" ? verifyTarget(cloud, reserved, droplet_id) : undefined;
  return { status: 201, json: { action: point(cloud, reserved, target) } };
}

async function remove(cloud: Cloud, request: Request): Promise<Answer> {
  const { ip, droplet, locked } = found(cloud.reservedIps, request.params.ip ?? "");
  if (locked) throw unprocessable("The reserved IP already has a pending event.");
  if (droplet !== undefined) await cloud.options.platform.unassignAddress(ip);
  cloud.reservedIps.delete(ip);
  cloud.release(`do:reservedip:${ip}`);
  return gone;
}

/** Adds `/v2/reserved_ips`. */
export function addReservedIps(router: Router, cloud: Cloud): void {
  const one = "/v2/reserved_ips/:ip";
  const known = (request: Request) => found(cloud.reservedIps, request.params.ip ?? "");
  const all = () => [...cloud.reservedIps.values()].map((reserved) => view(cloud, reserved));
  router
    .on("POST", "/v2/reserved_ips", (request) => create(cloud, request))
    .on("GET", "/v2/reserved_ips", (request) => page(request, "reserved_ips", all()))
    .on("GET", one, (request) => ok({ reserved_ip: view(cloud, known(request)) }))
    .on("DELETE", one, (request) => remove(cloud, request))
    .on("POST", `${one}/actions`, (request) => act(cloud, request))
    .on("GET", `${one}/actions`, (request) => {
      const actions = actionsOf(cloud, "reserved_ip", numberOf(known(request).ip));
      return page(request, "actions", actions);
    })
    .on("GET", `${one}/actions/:action`, (request) => answerAction(cloud, request, "action"));
}
