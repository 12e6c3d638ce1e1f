import type { Resource } from "../state/resource.ts";
import type { Props } from "../values/values.ts";
import type { Goal } from "./goal.ts";

/** Leaves out what state files leave out: nothing, empty, false. */
function pruned<T extends object>(fields: T): T {
  const kept = Object.entries(fields).filter(
    ([, value]) =>
      value !== undefined && value !== "" && value !== false && !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(kept) as T;
}

/** A resource as it will be once its goal is reached; its outputs are still those of before. */
export function nextState(parts: {
  goal: Goal;
  urn: string;
  provider: string;
  inputs: Props;
  old: Resource | undefined;
}): Resource {
  const { goal, urn, provider, inputs, old } = parts;
  const now = new Date().toISOString();
  const optional = pruned({
    id: old?.id,
    parent: goal.parent,
    provider,
    dependencies: [...new Set(goal.dependencies)].sort(),
    propertyDependencies:
      Object.keys(goal.propertyDependencies).length > 0 ? goal.propertyDependencies : undefined,
    protect: goal.protect,
    retainOnDelete: goal.retainOnDelete,
    additionalSecretOutputs: goal.additionalSecretOutputs,
    ignoreChanges: goal.ignoreChanges,
    replaceOnChanges: goal.replaceOnChanges,
  });
  return {
    urn,
    type: goal.type,
    custom: goal.custom,
    ...(optional as Partial<Resource>),
    inputs,
    outputs: old?.outputs ?? {},
    created: old?.created ?? now,
    modified: old?.modified ?? now,
  };
}

/** A state as a provider's answer leaves it. */
export function answered(
  next: Resource,
  answer: { id?: string; outputs: Props; created?: boolean },
): Resource {
  const now = new Date().toISOString();
  return {
    ...next,
    ...(answer.id !== undefined && { id: answer.id }),
    outputs: answer.outputs,
    modified: now,
    ...(answer.created && { created: now }),
  };
}

/** A state without its id: the resource is yet to be made. */
export function unmade(next: Resource): Resource {
  const { id: _id, ...rest } = next;
  return rest;
}
