import { EngineError } from "../../failure.ts";
import { equal, type Props } from "../../values/values.ts";
import { autonamed } from "../autoname.ts";
import { flag, number, object, objects, optionalText, present, text, texts } from "../fields.ts";
import type { Api } from "../http/api.ts";
import { poll } from "../pace.ts";
import type { ResourceType } from "../provider.ts";
import { clientOf } from "./client.ts";
import { explained } from "./rest-resource.ts";

const numeric = (value: string): string | number => (/^\d+$/.test(value) ? Number(value) : value);

function bodyOf(inputs: Props): Props {
  return present({
    name: text(inputs, "name"),
    region: text(inputs, "region"),
    size: text(inputs, "size"),
    image: numeric(text(inputs, "image")),
    ssh_keys: texts(inputs, "sshKeys").map(numeric),
    backups: flag(inputs, "backups"),
    ipv6: flag(inputs, "ipv6"),
    private_networking: flag(inputs, "privateNetworking"),
    monitoring: flag(inputs, "monitoring"),
    user_data: optionalText(inputs, "userData"),
    volumes: inputs.volumeIds && texts(inputs, "volumeIds"),
    tags: texts(inputs, "tags"),
    vpc_uuid: optionalText(inputs, "vpcUuid"),
    with_droplet_agent: inputs.dropletAgent,
  });
}

/** What the API tells of a droplet, by the SDK's names. The image is never read back. */
function outputsOf(droplet: Props): Props {
  const networks = object(droplet, "networks");
  const address = (version: string, type: string) => {
    const found = objects(networks, version).find((network) => network.type === type);
    return found && optionalText(found, "ip_address");
  };
  const features = texts(droplet, "features");
  const size = object(droplet, "size");
  const tags = texts(droplet, "tags");
  return present({
    name: text(droplet, "name"),
    region: text(object(droplet, "region"), "slug"),
    size: optionalText(size, "slug") ?? text(droplet, "size_slug"),
    priceHourly: number(size, "price_hourly"),
    priceMonthly: number(size, "price_monthly"),
    disk: number(droplet, "disk"),
    vcpus: number(droplet, "vcpus"),
    memory: number(droplet, "memory"),
    status: text(droplet, "status"),
    locked: flag(droplet, "locked"),
    createdAt: text(droplet, "created_at"),
    vpcUuid: optionalText(droplet, "vpc_uuid"),
    dropletUrn: `do:droplet:${text(droplet, "id")}`,
    ipv4Address: address("v4", "public"),
    ipv4AddressPrivate: address("v4", "private"),
    ipv6Address: address("v6", "public")?.toLowerCase(),
    ipv6: features.includes("ipv6"),
    backups: features.includes("backups"),
    monitoring: features.includes("monitoring"),
    privateNetworking: features.includes("private_networking"),
    volumeIds: texts(droplet, "volume_ids"),
    tags: tags.length > 0 ? tags : undefined,
  });
}

async function awaitDroplet(client: Api, id: string, isReady: (droplet: Props) => boolean): Promise<Props> {
  const ready = await poll(async () => {
    const droplet = object(await client.get(`droplets/${id}`), "droplet");
    return isReady(droplet) ? droplet : undefined;
  });
  if (ready) return ready;
  throw new EngineError("provider", `Error waiting for droplet (${id}): it did not become ready in time`);
}

/** Does something to a droplet and waits for it to be done. */
async function act(client: Api, id: string, action: Props): Promise<void> {
  const begun = object(await client.post(`droplets/${id}/actions`, action), "action");
  const done = await poll(async () => {
    const seen = object(await client.get(`actions/${text(begun, "id")}`), "action");
    if (text(seen, "status") === "errored") {
      throw new EngineError("provider", `Error on droplet (${id}): the action ${String(action.type)} failed`);
    }
    return text(seen, "status") === "completed" ? seen : undefined;
  });
  if (!done)
    throw new EngineError(
      "provider",
      `Error on droplet (${id}): the action ${String(action.type)} did not end`,
    );
}

async function resize(client: Api, id: string, inputs: Props): Promise<void> {
  await act(client, id, { type: "power_off" });
  await awaitDroplet(client, id, (droplet) => text(droplet, "status") === "off");
  await act(client, id, { type: "resize", size: text(inputs, "size"), disk: inputs.resizeDisk !== false });
  await act(client, id, { type: "power_on" });
  await awaitDroplet(client, id, (droplet) => text(droplet, "status") === "active");
}

async function retag(client: Api, id: string, was: readonly string[], now: readonly string[]): Promise<void> {
  const resources = [{ resource_id: id, resource_type: "droplet" }];
  for (const tag of was.filter((name) => !now.includes(name))) {
    await client.delete(`tags/${encodeURIComponent(tag)}/resources`, { resources });
  }
  for (const tag of now.filter((name) => !was.includes(name))) {
    await client.post("tags", { name: tag });
    await client.post(`tags/${encodeURIComponent(tag)}/resources`, { resources });
  }
}

/** `digitalocean.Droplet`. */
export const droplet: ResourceType = {
  required: ["image", "size"],
  replaceOn: ["image", "region", "sshKeys", "userData", "monitoring", "vpcUuid", "dropletAgent"],
  volatile: ["status", "locked", "priceHourly", "priceMonthly", "memory", "vcpus", "disk"],
  check: (inputs, olds, name) => ({
    backups: false,
    gracefulShutdown: false,
    ipv6: false,
    monitoring: false,
    resizeDisk: true,
    ...autonamed(inputs, olds, name),
  }),
  create: (inputs, context) =>
    explained("creating", "droplet", async () => {
      const client = clientOf(context);
      const id = text(object(await client.post("droplets", bodyOf(inputs)), "droplet"), "id");
      const made = await awaitDroplet(
        client,
        id,
        (seen) => text(seen, "status") === "active" && !flag(seen, "locked"),
      );
      return { id, outputs: { ...inputs, ...outputsOf(made) } };
    }),
  read: async (id, olds, context) => {
    const answer = await clientOf(context).find(`droplets/${id}`);
    if (!answer) return undefined;
    const { tags: _tags, ...rest } = olds;
    return { id, outputs: { ...rest, ...outputsOf(object(answer, "droplet")) } };
  },
  update: (id, inputs, olds, context) =>
    explained("updating", "droplet", async () => {
      const client = clientOf(context);
      if (inputs.size !== olds.size) await resize(client, id, inputs);
      if (inputs.name !== olds.name) await act(client, id, { type: "rename", name: text(inputs, "name") });
      if (flag(inputs, "backups") !== flag(olds, "backups")) {
        await act(client, id, { type: flag(inputs, "backups") ? "enable_backups" : "disable_backups" });
      }
      if (flag(inputs, "ipv6") && !flag(olds, "ipv6")) await act(client, id, { type: "enable_ipv6" });
      if (!equal(inputs.tags, olds.tags)) await retag(client, id, texts(olds, "tags"), texts(inputs, "tags"));
      const now = object(await client.get(`droplets/${id}`), "droplet");
      const { tags: _tags, ...rest } = olds;
      return { ...rest, ...inputs, ...outputsOf(now) };
    }),
  delete: (id, _olds, context) =>
    explained("deleting", "droplet", async () => {
      const client = clientOf(context);
      if (!(await client.find(`droplets/${id}`))) return;
      await awaitDroplet(client, id, (seen) => !flag(seen, "locked"));
      await client.delete(`droplets/${id}`);
      await poll(async () => ((await client.find(`droplets/${id}`)) ? undefined : true));
    }),
};
