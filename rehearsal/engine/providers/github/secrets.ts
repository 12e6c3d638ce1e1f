// Actions secrets, of a repository and of one of its environments.
import { EngineError } from "../../failure.ts";
import type { Props } from "../../values/values.ts";
import { optionalText, text } from "../fields.ts";
import type { Context, ResourceType } from "../provider.ts";
import { clientOf, type GitHub, repositoryId, times } from "./client.ts";
import { sealedBox } from "./sealed-box.ts";

/** How one kind of secret differs from the other. */
interface SecretShape {
  readonly required: readonly string[];
  readonly replaceOn: readonly string[];
  /** Path of the collection the secret is in. */
  collection(github: GitHub, props: Props, repository: number): string;
  idOf(props: Props): string;
}

async function put(github: GitHub, collection: string, inputs: Props): Promise<string> {
  const name = text(inputs, "secretName");
  const sealed = optionalText(inputs, "valueEncrypted") ?? optionalText(inputs, "encryptedValue");
  const value = optionalText(inputs, "value") ?? optionalText(inputs, "plaintextValue");
  if (sealed === undefined && value === undefined) {
    throw new EngineError("provider", `github secret ${name}: one of value or valueEncrypted is expected`);
  }
  const key = await github.get(`${collection}/public-key`);
  const encrypted = sealed ?? sealedBox(value ?? "", text(key, "key"));
  const keyId = optionalText(inputs, "keyId") ?? text(key, "key_id");
  await github.write("PUT", `${collection}/${name}`, { key_id: keyId, encrypted_value: encrypted });
  return keyId;
}

function secretType(shape: SecretShape): ResourceType {
  const save = async (inputs: Props, context: Context, known?: number) => {
    const github = clientOf(context);
    const repository = known ?? (await repositoryId(github, text(inputs, "repository")));
    const collection = shape.collection(github, inputs, repository);
    const keyId = await put(github, collection, inputs);
    const seen = times(await github.get(`${collection}/${text(inputs, "secretName")}`));
    return { ...inputs, keyId, repositoryId: repository, ...seen, remoteUpdatedAt: seen.updatedAt };
  };
  const collectionOf = (github: GitHub, olds: Props) =>
    shape.collection(github, olds, Number(olds.repositoryId));
  return {
    required: shape.required,
    replaceOn: shape.replaceOn,
    volatile: ["updatedAt", "remoteUpdatedAt"],
    // A secret overwritten behind Pulumi's back shows in a refresh by its time; nobody can read its value.
    drift: ["updatedAt"],
    create: async (inputs, context) => ({ id: shape.idOf(inputs), outputs: await save(inputs, context) }),
    update: async (_id, inputs, olds, context) => ({
      ...(await save(inputs, context, Number(olds.repositoryId))),
      createdAt: olds.createdAt,
    }),
    read: async (id, olds, context) => {
      const github = clientOf(context);
      const seen = await github.find(`${collectionOf(github, olds)}/${text(olds, "secretName")}`);
      return seen && { id, outputs: { ...olds, ...times(seen), remoteUpdatedAt: times(seen).updatedAt } };
    },
    delete: async (_id, olds, context) => {
      const github = clientOf(context);
      await github.delete(`${collectionOf(github, olds)}/${text(olds, "secretName")}`);
    },
  };
}

/** `github.ActionsSecret`. */
export const actionsSecret = secretType({
  required: ["repository", "secretName"],
  replaceOn: ["repository", "secretName"],
  collection: (github, props) => `${github.repository(text(props, "repository"))}/actions/secrets`,
  idOf: (props) => `${text(props, "repository")}:${text(props, "secretName")}`,
});

/** `github.ActionsEnvironmentSecret`. */
export const actionsEnvironmentSecret = secretType({
  required: ["repository", "environment", "secretName"],
  replaceOn: ["repository", "environment", "secretName"],
  collection: (_github, props, repository) =>
    `repositories/${repository}/environments/${encodeURIComponent(text(props, "environment"))}/secrets`,
  idOf: (props) => `${text(props, "repository")}:${text(props, "environment")}:${text(props, "secretName")}`,
});
