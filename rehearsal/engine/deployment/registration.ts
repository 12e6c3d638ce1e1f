import type { ResourceType } from "../providers/provider.ts";
import { isProviderType, type Resource } from "../state/resource.ts";
import { plainProps, UNKNOWN } from "../values/values.ts";
import type { Deployment } from "./deployment.ts";
import { markSecrets } from "./diff.ts";
import type { Goal } from "./goal.ts";
import { answered } from "./next-state.ts";

/** A registration on its way to a step. */
export interface Registration {
  readonly deployment: Deployment;
  readonly goal: Goal;
  readonly urn: string;
  readonly type: ResourceType;
  /** Reference of the provider that serves it. */
  readonly provider: string;
}

/** The provider's part of making a resource. */
export async function make(
  { deployment, goal, urn, type, provider: reference }: Registration,
  next: Resource,
): Promise<Resource> {
  const live = await type.create(plainProps(next.inputs), deployment.context(urn, reference));
  const outputs = markSecrets(live.outputs, next.inputs, goal.additionalSecretOutputs);
  return answered(next, { id: live.id, outputs, created: true });
}

/** What a preview knows of a resource that is yet to be made: its inputs. Outputs left out count as unknown. */
export function planned(next: Resource): Resource {
  const id = isProviderType(next.type) ? { id: UNKNOWN } : {};
  return { ...next, ...id, outputs: { ...next.inputs } };
}
