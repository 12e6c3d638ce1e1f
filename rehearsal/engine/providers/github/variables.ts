// Actions variables, of a repository and of one of its environments.
import type { Props } from "../../values/values.ts";
import { text } from "../fields.ts";
import type { ResourceType } from "../provider.ts";
import { clientOf, type GitHub, repositoryId, times } from "./client.ts";

function variableType(
  keys: readonly string[],
  collectionOf: (github: GitHub, props: Props) => string,
): ResourceType {
  const path = (github: GitHub, props: Props) =>
    `${collectionOf(github, props)}/${text(props, "variableName")}`;
  const body = (inputs: Props) => ({ name: text(inputs, "variableName"), value: text(inputs, "value") });
  return {
    required: [...keys, "value"],
    replaceOn: keys,
    volatile: ["updatedAt"],
    create: async (inputs, context) => {
      const github = clientOf(context);
      await github.write("POST", collectionOf(github, inputs), body(inputs));
      const repository = await repositoryId(github, text(inputs, "repository"));
      const seen = await github.get(path(github, inputs));
      const id = keys.map((key) => text(inputs, key)).join(":");
      return { id, outputs: { ...inputs, repositoryId: repository, ...times(seen) } };
    },
    read: async (id, olds, context) => {
      const github = clientOf(context);
      const seen = await github.find(path(github, olds));
      return seen && { id, outputs: { ...olds, value: text(seen, "value"), ...times(seen) } };
    },
    update: async (_id, inputs, olds, context) => {
      const github = clientOf(context);
      await github.write("PATCH", path(github, olds), body(inputs));
      return { ...olds, ...inputs, ...times(await github.get(path(github, inputs))) };
    },
    delete: async (_id, olds, context) => {
      const github = clientOf(context);
      await github.delete(path(github, olds));
    },
  };
}

/** `github.ActionsVariable`. */
export const actionsVariable = variableType(
  ["repository", "variableName"],
  (github, props) => `${github.repository(text(props, "repository"))}/actions/variables`,
);

/** `github.ActionsEnvironmentVariable`. */
export const actionsEnvironmentVariable = variableType(
  ["repository", "environment", "variableName"],
  (github, props) =>
    `${github.repository(text(props, "repository"))}/environments/${encodeURIComponent(text(props, "environment"))}/variables`,
);
