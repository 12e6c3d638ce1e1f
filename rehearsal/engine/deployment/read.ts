import { unsupported } from "../failure.ts";
import { packageOf, type Resource } from "../state/resource.ts";
import { type Props, plainProps, UNKNOWN } from "../values/values.ts";
import type { Deployment } from "./deployment.ts";
import { markSecrets } from "./diff.ts";
import type { Goal } from "./goal.ts";
import { nextState } from "./next-state.ts";

/** `SomeResource.get(…)`: a resource that is looked at, not managed. */
export async function read(deployment: Deployment, goal: Goal, id: string): Promise<Resource> {
  deployment.steps.verifyGoing();
  const urn = deployment.claim(goal);
  const type = await deployment.packages.resource(goal.type);
  const provider = await deployment.providers.referenceFor(packageOf(goal.type), goal.provider, goal.version);
  const old = deployment.lookup.find(urn, goal);
  const base = { ...nextState({ goal, urn, provider, inputs: {}, old: undefined }), id, external: true };
  const outputs: Props = {};
  if (id !== UNKNOWN) {
    const readLive = type.read?.bind(type);
    if (!readLive) throw unsupported(`reading a ${goal.type}`);
    const live = await deployment.steps.ask(() =>
      readLive(id, plainProps(goal.inputs), deployment.context(urn, provider)),
    );
    if (!live) deployment.steps.refuse(`resource '${id}' (${goal.type}) does not exist`, urn);
    Object.assign(outputs, markSecrets(live.outputs, {}, goal.additionalSecretOutputs));
  }
  const next: Resource = { ...base, outputs };
  await deployment.steps.run({
    op: "read",
    old: old?.state,
    next,
    settle: () => deployment.inventory.settle(old, next),
  });
  return next;
}

/** Calls a function of a package. */
export async function invoke(
  deployment: Deployment,
  call: { token: string; args: Props; provider: string; version: string },
): Promise<Props> {
  deployment.steps.verifyGoing();
  const called = await deployment.packages.function(call.token);
  const provider = await deployment.providers.referenceFor(
    packageOf(call.token),
    call.provider,
    call.version,
  );
  return called(plainProps(call.args), deployment.context("", provider));
}
