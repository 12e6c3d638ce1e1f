// Webhooks of a repository. GitHub tells their secret as asterisks: the provider keeps what it has sent.
import type { Props } from "../../values/values.ts";
import { flag, object, optionalText, present, text, texts } from "../fields.ts";
import type { ResourceType } from "../provider.ts";
import { clientOf, type GitHub } from "./client.ts";

const collection = (github: GitHub, props: Props) => `${github.repository(text(props, "repository"))}/hooks`;

function bodyOf(inputs: Props): Props {
  const given = object(inputs, "configuration");
  return {
    name: "web",
    active: inputs.active !== false,
    events: texts(inputs, "events"),
    config: present({
      url: text(given, "url"),
      content_type: optionalText(given, "contentType"),
      insecure_ssl: flag(given, "insecureSsl") ? "1" : "0",
      secret: optionalText(given, "secret"),
    }),
  };
}

function outputsOf(seen: Props, known: Props): Props {
  const config = object(seen, "config");
  return {
    active: flag(seen, "active"),
    events: texts(seen, "events").toSorted(),
    url: text(seen, "url"),
    configuration: present({
      url: text(config, "url"),
      contentType: optionalText(config, "content_type"),
      insecureSsl: text(config, "insecure_ssl") === "1",
      secret: config.secret === undefined ? undefined : object(known, "configuration").secret,
    }),
  };
}

/** `github.RepositoryWebhook`. */
export const repositoryWebhook: ResourceType = {
  required: ["repository", "events"],
  replaceOn: ["repository"],
  // Events are a set.
  check: (inputs) => ({ active: true, ...inputs, events: texts(inputs, "events").toSorted() }),
  create: async (inputs, context) => {
    const github = clientOf(context);
    const made = await github.write("POST", collection(github, inputs), bodyOf(inputs));
    const seen = await github.get(`${collection(github, inputs)}/${text(made, "id")}`);
    return { id: text(made, "id"), outputs: { repository: inputs.repository, ...outputsOf(seen, inputs) } };
  },
  read: async (id, olds, context) => {
    const github = clientOf(context);
    const seen = await github.find(`${collection(github, olds)}/${id}`);
    return seen && { id, outputs: { ...olds, ...outputsOf(seen, olds) } };
  },
  update: async (id, inputs, olds, context) => {
    const github = clientOf(context);
    await github.write("PATCH", `${collection(github, inputs)}/${id}`, bodyOf(inputs));
    const seen = await github.get(`${collection(github, inputs)}/${id}`);
    return { ...olds, ...outputsOf(seen, inputs) };
  },
  delete: async (id, olds, context) => {
    const github = clientOf(context);
    await github.delete(`${collection(github, olds)}/${id}`);
  },
};
