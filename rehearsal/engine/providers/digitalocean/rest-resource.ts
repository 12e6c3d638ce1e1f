// Most types of the API work alike: POST to a collection, GET, PUT and DELETE the item.
import { EngineError, messageOf } from "../../failure.ts";
import type { Props } from "../../values/values.ts";
import { object, text } from "../fields.ts";
import { ApiError } from "../http/api.ts";
import type { Context, ResourceType } from "../provider.ts";
import { clientOf } from "./client.ts";

/** How one type differs from the others. */
export interface RestShape extends Pick<ResourceType, "required" | "replaceOn" | "check" | "volatile"> {
  /** What error messages call it. */
  readonly what: string;
  /** Path of the collection an item belongs to; `props` are inputs or outputs. */
  collection(props: Props): string;
  /** The key an item stands under in answers. */
  readonly envelope: string;
  idOf(item: Props): string;
  body(inputs: Props): Props;
  /** The body of an update, where it differs. */
  updateBody?(inputs: Props): Props;
  /** Outputs as read, by their names in the SDK. */
  outputs(item: Props): Props;
  /** Whether the item is read again once it is made. */
  readonly readBack?: boolean;
  readonly immutable?: boolean;
}

/** An item's numeric or textual `id`. */
export const idOf = (item: Props): string => text(item, "id");

/** Names the resource in an API's refusal, as the real provider does. */
export async function explained<T>(verb: string, what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ApiError)
      throw new ApiError(error.status, `Error ${verb} ${what}: ${error.message}`);
    throw error instanceof EngineError
      ? error
      : new EngineError("provider", messageOf(error), { cause: error });
  }
}

/** A resource type of that shape. */
export function restResource(shape: RestShape): ResourceType {
  const itemPath = (id: string, props: Props) => `${shape.collection(props)}/${id}`;
  const read = async (id: string, olds: Props, context: Context) => {
    const answer = await clientOf(context).find(itemPath(id, olds));
    return answer && { id, outputs: { ...olds, ...shape.outputs(object(answer, shape.envelope)) } };
  };
  const update = async (id: string, inputs: Props, olds: Props, context: Context) => {
    const body = shape.updateBody?.(inputs) ?? shape.body(inputs);
    return explained("updating", shape.what, async () => {
      await clientOf(context).put(itemPath(id, olds), body);
      const item = object(await clientOf(context).get(itemPath(id, olds)), shape.envelope);
      return { ...olds, ...inputs, ...shape.outputs(item) };
    });
  };
  const create = (inputs: Props, context: Context) =>
    explained("creating", shape.what, async () => {
      const client = clientOf(context);
      const made = object(await client.post(shape.collection(inputs), shape.body(inputs)), shape.envelope);
      const id = shape.idOf(made);
      const item =
        shape.readBack === false ? made : object(await client.get(itemPath(id, inputs)), shape.envelope);
      return { id, outputs: { ...inputs, ...shape.outputs(item) } };
    });
  return {
    ...(shape.required && { required: shape.required }),
    ...(shape.replaceOn && { replaceOn: shape.replaceOn }),
    ...(shape.volatile && { volatile: shape.volatile }),
    ...(shape.check && { check: shape.check }),
    create,
    read,
    ...(!shape.immutable && { update }),
    delete: (id, olds, context) =>
      explained("deleting", shape.what, () => clientOf(context).delete(itemPath(id, olds))),
  };
}
