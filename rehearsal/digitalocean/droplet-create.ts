/** Creating droplets: what the API refuses, and booting the host. */
import { z } from "zod";
import type { Answer, Request } from "../http/exchange.ts";
import { performOn } from "./actions.ts";
import { bodyOf, unprocessable } from "./api.ts";
import { images, regions, sizes } from "./catalogue.ts";
import type { Cloud } from "./cloud.ts";
import { dropletView } from "./droplet-view.ts";
import type { Droplet, SshKey } from "./model.ts";
import { findKey } from "./ssh-keys.ts";
import { verifyTagName } from "./tags.ts";

const schema = z.object({
  name: z.string(),
  region: z.string().nullish(),
  size: z.string(),
  image: z.union([z.string(), z.number()]),
  ssh_keys: z.array(z.union([z.string(), z.number()])).nullish(),
  backups: z.boolean().nullish(),
  ipv6: z.boolean().nullish(),
  monitoring: z.boolean().nullish(),
  private_networking: z.boolean().nullish(),
  user_data: z.string().nullish(),
  tags: z.array(z.string()).nullish(),
  vpc_uuid: z.string().nullish(),
  volumes: z.array(z.object({ id: z.string() })).nullish(),
});

type Wanted = z.output<typeof schema>;

/** The API takes 64 KiB of user data. */
const maximumUserData = 64 * 1024;

/** Throws 422 for names that are not host names; the message is the API's own. */
export function verifyHostName(name: string): string {
  if (/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(name) && name.length <= 255) return name;
  throw unprocessable("Only valid hostname characters are allowed. (a-z, A-Z, 0-9, . and -)");
}

function verifyKeys(cloud: Cloud, wanted: Wanted): SshKey[] {
  const identifiers = wanted.ssh_keys ?? [];
  const unknown = identifiers.filter((identifier) => !findKey(cloud, identifier));
  if (unknown.length > 0) {
    throw unprocessable(`${unknown.join(", ")} are invalid key identifiers for Droplet creation.`);
  }
  return identifiers.map((identifier) => findKey(cloud, identifier)).filter((key) => key !== undefined);
}

function verifyImage(image: string | number): string {
  const known = [...images.values()].find(({ id, slug }) => image === slug || Number(image) === id);
  if (!known) throw unprocessable("You specified an invalid image for Droplet creation.");
  return known.slug;
}

function verifyPlace(cloud: Cloud, wanted: Wanted) {
  const size = sizes.get(wanted.size);
  if (!size) throw unprocessable("You specified an invalid size for Droplet creation.");
  const region = wanted.region ?? "nyc3";
  if (!regions.has(region)) throw unprocessable("You specified an invalid region for Droplet creation.");
  if (cloud.droplets.size >= cloud.options.dropletLimit) {
    throw unprocessable("creating this/these droplet(s) will exceed your droplet limit");
  }
  if (Buffer.byteLength(wanted.user_data ?? "") > maximumUserData) {
    throw unprocessable("User data is limited to 64 KiB.");
  }
  for (const { id } of wanted.volumes ?? []) {
    if (cloud.volumes.get(id)?.region !== region)
      throw unprocessable(`volume ${id} does not exist in ${region}`);
  }
  return { size, region };
}

function featuresOf(wanted: Wanted): Set<string> {
  const asked = (["monitoring", "ipv6", "backups"] as const).filter((feature) => wanted[feature] === true);
  return new Set(["droplet_agent", "private_networking", ...asked]);
}

/** `POST /v2/droplets`: 202 with a droplet that is `new`; it becomes `active` when its host has booted. */
export async function createDroplet(cloud: Cloud, request: Request): Promise<Answer> {
  const wanted = await bodyOf(request, schema);
  const name = verifyHostName(wanted.name);
  const { size, region } = verifyPlace(cloud, wanted);
  const image = verifyImage(wanted.image);
  const keys = verifyKeys(cloud, wanted);
  const tags = (wanted.tags ?? []).map(verifyTagName);
  const { platform } = cloud.options;
  const droplet: Droplet = {
    id: cloud.nextId(),
    name,
    status: "new",
    locked: true,
    createdAt: cloud.now(),
    region,
    size,
    disk: size.disk,
    image,
    features: featuresOf(wanted),
    tags: new Set(tags),
    volumes: new Set((wanted.volumes ?? []).map(({ id }) => id)),
    vpc: wanted.vpc_uuid ?? "00000000-0000-4000-8000-000000000003",
    address: platform.allocateAddress("droplet"),
    userData: wanted.user_data ?? "",
  };
  for (const tag of tags) cloud.tags.add(tag);
  for (const id of droplet.volumes) cloud.volumes.get(id)?.droplet_ids.push(droplet.id);
  cloud.droplets.set(droplet.id, droplet);
  cloud.assign(`do:droplet:${droplet.id}`);
  const { id, address, userData } = droplet;
  const sshKeys = keys.map(({ public_key }) => public_key);
  const action = performOn(cloud, droplet, "create", async () => {
    await platform.boot({ id, name, address, userData, sshKeys, tags });
    droplet.status = "active";
  });
  const href = `${request.origin}/v2/actions/${action.id}`;
  const links = { actions: [{ id: action.id, rel: "create", href }] };
  return { status: 202, json: { droplet: dropletView(droplet), links } };
}
