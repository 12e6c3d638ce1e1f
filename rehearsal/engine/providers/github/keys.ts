// Deploy keys of a repository: GitHub cannot change one, so every change makes another.
import type { Props } from "../../values/values.ts";
import { flag, text } from "../fields.ts";
import type { ResourceType } from "../provider.ts";
import { clientOf, type GitHub } from "./client.ts";

const collection = (github: GitHub, props: Props) => `${github.repository(text(props, "repository"))}/keys`;

/** Type and key: GitHub does not keep the comment, and the provider does not take its absence for a change. */
const bare = (key: string): string => key.trim().split(/\s+/).slice(0, 2).join(" ");

/** `github.RepositoryDeployKey`. */
export const repositoryDeployKey: ResourceType = {
  required: ["repository", "title", "key"],
  replaceOn: ["repository", "title", "key", "readOnly"],
  check: (inputs) => ({ readOnly: true, ...inputs, key: bare(text(inputs, "key")) }),
  create: async (inputs, context) => {
    const github = clientOf(context);
    const body = {
      title: text(inputs, "title"),
      key: text(inputs, "key"),
      read_only: flag(inputs, "readOnly"),
    };
    const made = await github.write("POST", collection(github, inputs), body);
    return { id: `${text(inputs, "repository")}:${text(made, "id")}`, outputs: { ...inputs } };
  },
  read: async (id, olds, context) => {
    const github = clientOf(context);
    const seen = await github.find(`${collection(github, olds)}/${id.split(":").at(-1) ?? ""}`);
    if (!seen) return undefined;
    const found = { title: text(seen, "title"), key: text(seen, "key"), readOnly: flag(seen, "read_only") };
    return { id, outputs: { ...olds, ...found } };
  },
  delete: async (id, olds, context) => {
    const github = clientOf(context);
    await github.delete(`${collection(github, olds)}/${id.split(":").at(-1) ?? ""}`);
  },
};
