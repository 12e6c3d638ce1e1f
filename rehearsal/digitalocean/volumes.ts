/** Block storage volumes as objects: attaching one mounts nothing on the host. */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Answer, Request } from "../http/exchange.ts";
import type { Router } from "../http/router.ts";
import { perform } from "./actions.ts";
import { bodyOf, found, gone, ok, page, refuse, unprocessable } from "./api.ts";
import { regions, regionView } from "./catalogue.ts";
import type { Cloud } from "./cloud.ts";
import type { Droplet, Volume } from "./model.ts";

const schema = z.object({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, "must be lower case letters, digits and dashes"),
  size_gigabytes: z.number().int().min(1).max(16_384),
  region: z.string(),
  description: z.string().nullish(),
  filesystem_type: z.string().nullish(),
  filesystem_label: z.string().nullish(),
  tags: z.array(z.string()).nullish(),
});
const actionSchema = z.object({
  type: z.enum(["attach", "detach", "resize"]),
  droplet_id: z.number().optional(),
  size_gigabytes: z.number().int().optional(),
});

const view = (volume: Volume) => ({ ...volume, region: regionView(volume.region) });

async function create(cloud: Cloud, request: Request): Promise<Answer> {
  const body = await bodyOf(request, schema);
  if (!regions.has(body.region)) throw unprocessable(`invalid region: ${body.region}`);
  const same = [...cloud.volumes.values()].some(
    ({ name, region }) => name === body.name && region === body.region,
  );
  if (same) throw refuse(409, `volume name ${body.name} is already used in ${body.region}`);
  const volume: Volume = {
    id: randomUUID(),
    name: body.name,
    region: body.region,
    size_gigabytes: body.size_gigabytes,
    description: body.description ?? "",
    filesystem_type: body.filesystem_type ?? "",
    filesystem_label: body.filesystem_label ?? "",
    created_at: cloud.now(),
    tags: body.tags ?? [],
    droplet_ids: [],
  };
  cloud.volumes.set(volume.id, volume);
  cloud.assign(`do:volume:${volume.id}`);
  return { status: 201, json: { volume: view(volume) } };
}

type Change = (volume: Volume, droplet: Droplet | undefined, size: number) => void;

const changes: Record<"attach" | "detach" | "resize", Change> = {
  attach: (volume, droplet) => {
    if (volume.droplet_ids.length > 0) throw unprocessable("the volume is already attached");
    if (droplet?.region !== volume.region) throw unprocessable("no such droplet in the volume's region");
    volume.droplet_ids = [droplet.id];
    droplet.volumes.add(volume.id);
  },
  detach: (volume, droplet) => {
    if (!droplet?.volumes.delete(volume.id)) throw unprocessable("the volume is not attached to the droplet");
    volume.droplet_ids = [];
  },
  resize: (volume, _droplet, size) => {
    if (size <= volume.size_gigabytes) throw unprocessable("a volume can only grow");
    volume.size_gigabytes = size;
  },
};

async function act(cloud: Cloud, request: Request): Promise<Answer> {
  const volume = found(cloud.volumes, request.params.id ?? "");
  const { type, droplet_id = 0, size_gigabytes = 0 } = await bodyOf(request, actionSchema);
  changes[type](volume, cloud.droplets.get(droplet_id), size_gigabytes);
  const subject = { id: 0, type: "volume", region: volume.region, droplet: droplet_id } as const;
  const action = perform(
    cloud,
    `${type}_volume`,
    subject,
    () => Promise.resolve(),
    () => {},
  );
  return { status: 202, json: { action } };
}

function list(cloud: Cloud, request: Request): Answer {
  const name = request.query.get("name");
  const region = request.query.get("region");
  const chosen = [...cloud.volumes.values()].filter(
    (volume) => (name === null || volume.name === name) && (region === null || volume.region === region),
  );
  return page(request, "volumes", chosen.map(view));
}

/** Adds `/v2/volumes`. */
export function addVolumes(router: Router, cloud: Cloud): void {
  const one = "/v2/volumes/:id";
  const known = (request: Request) => found(cloud.volumes, request.params.id ?? "");
  router
    .on("POST", "/v2/volumes", (request) => create(cloud, request))
    .on("GET", "/v2/volumes", (request) => list(cloud, request))
    .on("GET", one, (request) => ok({ volume: view(known(request)) }))
    .on("POST", `${one}/actions`, (request) => act(cloud, request))
    .on("GET", `${one}/actions/:action`, (request) =>
      ok({ action: found(cloud.actions, Number(request.params.action)) }),
    )
    .on("DELETE", one, (request) => {
      const { id, droplet_ids } = known(request);
      if (droplet_ids.length > 0) throw refuse(409, "attached volume cannot be deleted");
      cloud.volumes.delete(id);
      cloud.release(`do:volume:${id}`);
      return gone;
    });
}
