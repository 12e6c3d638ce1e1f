import type { Props } from "../../values/values.ts";
import { autonamed } from "../autoname.ts";
import { flag, number, object, objects, optionalText, present, text, texts } from "../fields.ts";
import { type Api, ApiError } from "../http/api.ts";
import { poll } from "../pace.ts";
import type { ResourceType } from "../provider.ts";
import { clientOf } from "./client.ts";
import { explained } from "./rest-resource.ts";

/** How long an emptied project may still refuse to go (the real provider: three minutes). */
const EMPTYING_MS = 10_000;

async function resourcesOf(client: Api, id: string): Promise<string[]> {
  const answer = await client.get(`projects/${id}/resources?page=1&per_page=200`);
  return objects(answer, "resources").map((resource) => text(resource, "urn"));
}

async function move(client: Api, id: string, resources: readonly string[]): Promise<void> {
  if (resources.length > 0) await client.post(`projects/${id}/resources`, { resources });
}

/** What leaves a project goes to the account's default one. */
async function moveOut(client: Api, resources: readonly string[]): Promise<void> {
  if (resources.length === 0) return;
  const standard = object(await client.get("projects/default"), "project");
  await move(client, text(standard, "id"), resources);
}

function outputsOf(project: Props, resources: readonly string[]): Props {
  return present({
    name: text(project, "name"),
    description: optionalText(project, "description"),
    purpose: text(project, "purpose"),
    environment: optionalText(project, "environment"),
    isDefault: flag(project, "is_default"),
    createdAt: text(project, "created_at"),
    updatedAt: text(project, "updated_at"),
    ownerUuid: text(project, "owner_uuid"),
    ownerId: number(project, "owner_id"),
    resources: resources.length > 0 ? [...resources].sort() : undefined,
  });
}

async function look(client: Api, id: string): Promise<Props | undefined> {
  const answer = await client.find(`projects/${id}`);
  return answer && outputsOf(object(answer, "project"), await resourcesOf(client, id));
}

function bodyOf(inputs: Props): Props {
  return present({
    name: text(inputs, "name"),
    description: text(inputs, "description"),
    purpose: text(inputs, "purpose"),
    environment: optionalText(inputs, "environment"),
  });
}

const without = (props: Props): Props => {
  const { resources: _resources, ...rest } = props;
  return rest;
};

/** `digitalocean.Project`. */
export const project: ResourceType = {
  volatile: ["updatedAt"],
  check: (inputs, olds, name) => ({ purpose: "Web Application", ...autonamed(inputs, olds, name) }),
  create: (inputs, context) =>
    explained("creating", "Project", async () => {
      const client = clientOf(context);
      const id = text(object(await client.post("projects", bodyOf(inputs)), "project"), "id");
      await move(client, id, texts(inputs, "resources"));
      return { id, outputs: { ...without(inputs), ...(await look(client, id)) } };
    }),
  read: async (id, olds, context) => {
    const seen = await look(clientOf(context), id);
    return seen && { id, outputs: { ...without(olds), ...seen } };
  },
  update: (id, inputs, olds, context) =>
    explained("updating", "Project", async () => {
      const client = clientOf(context);
      await client.patch(`projects/${id}`, { ...bodyOf(inputs), is_default: flag(inputs, "isDefault") });
      const [was, now] = [texts(olds, "resources"), texts(inputs, "resources")];
      await moveOut(
        client,
        was.filter((urn) => !now.includes(urn)),
      );
      await move(
        client,
        id,
        now.filter((urn) => !was.includes(urn)),
      );
      return { ...without(olds), ...without(inputs), ...(await look(client, id)) };
    }),
  delete: (id, _olds, context) =>
    explained("deleting", "Project", async () => {
      const client = clientOf(context);
      if (!(await client.find(`projects/${id}`))) return;
      await moveOut(client, await resourcesOf(client, id));
      const gone = await poll(() => deleted(client, id), EMPTYING_MS);
      if (!gone) await client.delete(`projects/${id}`);
    }),
};

/** A project that is not empty yet answers 412. */
async function deleted(client: Api, id: string): Promise<true | undefined> {
  try {
    await client.delete(`projects/${id}`);
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.status === 412) return undefined;
    throw error;
  }
}

/** `digitalocean.ProjectResources`. */
export const projectResources: ResourceType = {
  required: ["project", "resources"],
  replaceOn: ["project"],
  create: (inputs, context) =>
    explained("assigning", "resources to project", async () => {
      const id = text(inputs, "project");
      await move(clientOf(context), id, texts(inputs, "resources"));
      return { id, outputs: inputs };
    }),
  read: async (id, olds, context) => {
    const client = clientOf(context);
    if (!(await client.find(`projects/${id}`))) return undefined;
    const there = await resourcesOf(client, id);
    return {
      id,
      outputs: { ...olds, resources: texts(olds, "resources").filter((urn) => there.includes(urn)) },
    };
  },
  update: async (id, inputs, olds, context) => {
    const client = clientOf(context);
    const [was, now] = [texts(olds, "resources"), texts(inputs, "resources")];
    await moveOut(
      client,
      was.filter((urn) => !now.includes(urn)),
    );
    await move(
      client,
      id,
      now.filter((urn) => !was.includes(urn)),
    );
    return { ...olds, ...inputs };
  },
  delete: async (_id, olds, context) => moveOut(clientOf(context), texts(olds, "resources")),
};
