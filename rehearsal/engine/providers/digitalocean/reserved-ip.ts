import { randomUUID } from "node:crypto";
import { EngineError } from "../../failure.ts";
import type { Props } from "../../values/values.ts";
import { number, object, objects, optionalText, text } from "../fields.ts";
import type { Api } from "../http/api.ts";
import { poll } from "../pace.ts";
import type { ResourceType } from "../provider.ts";
import { clientOf } from "./client.ts";
import { explained } from "./rest-resource.ts";

async function act(client: Api, address: string, action: Props): Promise<void> {
  const begun = object(await client.post(`reserved_ips/${address}/actions`, action), "action");
  const path = `reserved_ips/${address}/actions/${text(begun, "id")}`;
  const done = await poll(async () => {
    const status = text(object(await client.get(path), "action"), "status");
    if (status === "errored")
      throw new EngineError("provider", `Error on reserved IP (${address}): ${String(action.type)} failed`);
    return status === "completed" ? true : undefined;
  });
  if (!done)
    throw new EngineError(
      "provider",
      `Error on reserved IP (${address}): ${String(action.type)} did not end`,
    );
}

/** A droplet takes a reserved address only when nothing else is being done to it. */
async function assign(client: Api, address: string, droplet: number): Promise<void> {
  await poll(async () => {
    const { actions } = {
      actions: objects(await client.get(`droplets/${droplet}/actions?per_page=50`), "actions"),
    };
    return actions.some((action) => action.status === "in-progress") ? undefined : true;
  });
  await act(client, address, { type: "assign", droplet_id: droplet });
}

function outputsOf(item: Props, configured: boolean): Props {
  const droplet = object(item, "droplet");
  const assigned = configured && droplet.id !== undefined ? { dropletId: number(droplet, "id") } : {};
  const ip = text(item, "ip");
  return {
    ipAddress: ip,
    region: text(object(item, "region"), "slug"),
    reservedIpUrn: `do:reservedip:${ip}`,
    ...assigned,
  };
}

/** `digitalocean.ReservedIp`. */
export const reservedIp: ResourceType = {
  required: ["region"],
  replaceOn: ["region", "ipAddress"],
  create: (inputs, context) =>
    explained("creating", "reserved IP", async () => {
      const client = clientOf(context);
      const made = object(
        await client.post("reserved_ips", { region: text(inputs, "region") }),
        "reserved_ip",
      );
      const id = text(made, "ip");
      if (inputs.dropletId !== undefined) await assign(client, id, number(inputs, "dropletId"));
      const seen = object(await client.get(`reserved_ips/${id}`), "reserved_ip");
      return { id, outputs: { ...inputs, ...outputsOf(seen, inputs.dropletId !== undefined) } };
    }),
  read: async (id, olds, context) => {
    const answer = await clientOf(context).find(`reserved_ips/${id}`);
    if (!answer) return undefined;
    const { dropletId, ...rest } = olds;
    return { id, outputs: { ...rest, ...outputsOf(object(answer, "reserved_ip"), dropletId !== undefined) } };
  },
  update: (id, inputs, olds, context) =>
    explained("updating", "reserved IP", async () => {
      const client = clientOf(context);
      if (inputs.dropletId !== undefined) await assign(client, id, number(inputs, "dropletId"));
      else await act(client, id, { type: "unassign" });
      const seen = object(await client.get(`reserved_ips/${id}`), "reserved_ip");
      const { dropletId: _dropletId, ...rest } = olds;
      return { ...rest, ...inputs, ...outputsOf(seen, inputs.dropletId !== undefined) };
    }),
  delete: (id, olds, context) =>
    explained("deleting", "reserved IP", async () => {
      const client = clientOf(context);
      if (olds.dropletId !== undefined) await act(client, id, { type: "unassign" });
      await client.delete(`reserved_ips/${id}`);
    }),
};

/** `digitalocean.ReservedIpAssignment`. An address that does not exist is an error here, not "gone". */
export const reservedIpAssignment: ResourceType = {
  required: ["dropletId", "ipAddress"],
  replaceOn: ["dropletId", "ipAddress"],
  create: (inputs, context) =>
    explained("creating", "reserved IP assignment", async () => {
      const client = clientOf(context);
      const [address, droplet] = [text(inputs, "ipAddress"), number(inputs, "dropletId")];
      await assign(client, address, droplet);
      await client.get(`reserved_ips/${address}`);
      return { id: `${droplet}-${address}-${randomUUID()}`, outputs: inputs };
    }),
  read: async (id, olds, context) => {
    const address = optionalText(olds, "ipAddress") ?? "";
    const item = object(await clientOf(context).get(`reserved_ips/${address}`), "reserved_ip");
    const matches = number(object(item, "droplet"), "id") === number(olds, "dropletId");
    return matches ? { id, outputs: olds } : undefined;
  },
  delete: (_id, olds, context) =>
    explained("deleting", "reserved IP assignment", () =>
      act(clientOf(context), text(olds, "ipAddress"), { type: "unassign" }),
    ),
};
