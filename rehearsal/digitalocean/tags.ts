/** Tags on droplets. */
import { z } from "zod";
import type { Answer, Request } from "../http/exchange.ts";
import type { Router } from "../http/router.ts";
import { bodyOf, gone, notFound, ok, page, unprocessable } from "./api.ts";
import type { Cloud } from "./cloud.ts";
import type { Droplet } from "./model.ts";

const createSchema = z.object({ name: z.string() });
const resourcesSchema = z.object({
  resources: z.array(z.object({ resource_id: z.union([z.string(), z.number()]), resource_type: z.string() })),
});

/** Tags are letters, digits, colons, dashes and underscores, up to 255; throws 422 otherwise. */
export function verifyTagName(name: string): string {
  if (/^[\w:-]{1,255}$/.test(name)) return name;
  throw unprocessable(
    "Tag name is invalid: may only contain letters, numbers, colons, dashes, and underscores",
  );
}

function view(cloud: Cloud, name: string) {
  const count = [...cloud.droplets.values()].filter(({ tags }) => tags.has(name)).length;
  return { name, resources: { count, droplets: { count } } };
}

function known(cloud: Cloud, request: Request): string {
  const { name } = request.params;
  if (name === undefined || !cloud.tags.has(name)) throw notFound();
  return name;
}

async function tagged(cloud: Cloud, request: Request): Promise<{ name: string; droplets: Droplet[] }> {
  const name = known(cloud, request);
  const { resources } = await bodyOf(request, resourcesSchema);
  const droplets = resources.map(({ resource_id, resource_type }) => {
    const droplet = cloud.droplets.get(Number(resource_id));
    if (resource_type !== "droplet" || !droplet) throw notFound();
    return droplet;
  });
  return { name, droplets };
}

async function create(cloud: Cloud, request: Request): Promise<Answer> {
  const name = verifyTagName((await bodyOf(request, createSchema)).name);
  cloud.tags.add(name);
  return { status: 201, json: { tag: view(cloud, name) } };
}

/** Adds `/v2/tags`. */
export function addTags(router: Router, cloud: Cloud): void {
  const one = "/v2/tags/:name";
  router
    .on("POST", "/v2/tags", (request) => create(cloud, request))
    .on("GET", "/v2/tags", (request) =>
      page(
        request,
        "tags",
        [...cloud.tags].map((name) => view(cloud, name)),
      ),
    )
    .on("GET", one, (request) => ok({ tag: view(cloud, known(cloud, request)) }))
    .on("DELETE", one, (request) => {
      const name = known(cloud, request);
      cloud.tags.delete(name);
      for (const { tags } of cloud.droplets.values()) tags.delete(name);
      return gone;
    })
    .on("POST", `${one}/resources`, async (request) => {
      const { name, droplets } = await tagged(cloud, request);
      for (const { tags } of droplets) tags.add(name);
      return gone;
    })
    .on("DELETE", `${one}/resources`, async (request) => {
      const { name, droplets } = await tagged(cloud, request);
      for (const { tags } of droplets) tags.delete(name);
      return gone;
    });
}
