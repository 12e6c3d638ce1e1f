import { randomUUID } from "node:crypto";
import { EngineError } from "../failure.ts";
import type { ResourceType } from "../providers/provider.ts";
import { isProviderType, packageOf, type Resource } from "../state/resource.ts";
import { type Props, plainProps, UNKNOWN } from "../values/values.ts";
import type { Deployment } from "./deployment.ts";
import { diffProps, ignoring, markSecrets, replaceKeysOf } from "./diff.ts";
import type { Goal } from "./goal.ts";
import type { Entry } from "./inventory.ts";
import { answered, nextState, unmade } from "./next-state.ts";
import { make, planned, type Registration } from "./registration.ts";
import { replace } from "./replace.ts";

/** Brings one resource to what the program asks for, and returns its state. */
export async function register(deployment: Deployment, goal: Goal): Promise<Resource> {
  deployment.steps.verifyGoing();
  const urn = deployment.claim(goal);
  if (!goal.custom) return component(deployment, goal, urn);
  if (isProviderType(goal.type)) return provider(deployment, goal, urn);
  const type = await deployment.packages.resource(goal.type);
  const reference = await deployment.providers.referenceFor(
    packageOf(goal.type),
    goal.provider,
    goal.version,
  );
  verifyRequired(deployment, goal, urn, type);
  return custom({ deployment, goal, urn, type, provider: reference }, goal.inputs);
}

function verifyRequired(deployment: Deployment, goal: Goal, urn: string, type: ResourceType): void {
  const missing = type.required?.filter((key) => goal.inputs[key] === undefined) ?? [];
  if (missing.length === 0) return;
  const lines = missing.map((key) => `Missing required property '${key}'`).join("; ");
  deployment.steps.refuse(`${goal.type} resource '${goal.name}' has a problem: ${lines}`, urn);
}

async function component(deployment: Deployment, goal: Goal, urn: string): Promise<Resource> {
  const old = deployment.lookup.find(urn, goal);
  const next = nextState({ goal, urn, provider: "", inputs: goal.inputs, old: old?.state });
  await deployment.steps.run({
    op: old ? "same" : "create",
    old: old?.state,
    next,
    settle: () => deployment.inventory.settle(old, next),
  });
  return next;
}

/** A provider is a resource that only remembers its configuration. */
const providerEcho: ResourceType = {
  create: async (inputs) => ({ id: randomUUID(), outputs: echoOf(inputs) }),
  update: async (_id, inputs) => echoOf(inputs),
};

function echoOf(inputs: Props): Props {
  const { __internal, ...echo } = inputs;
  return echo;
}

async function provider(deployment: Deployment, goal: Goal, urn: string): Promise<Resource> {
  const inputs = { ...goal.inputs, __internal: {}, ...(goal.version && { version: goal.version }) };
  await deployment.providers.verify(goal.type, inputs);
  return custom({ deployment, goal, urn, type: providerEcho, provider: "" }, inputs);
}

async function custom(registration: Registration, asked: Props): Promise<Resource> {
  const { deployment, goal, urn, type, provider: reference } = registration;
  const old = deployment.lookup.find(urn, goal);
  const kept = old ? ignoring(asked, old.state.inputs, goal.ignoreChanges) : asked;
  const inputs = type.check ? type.check(kept, old?.state.inputs, goal.name) : kept;
  const next = nextState({ goal, urn, provider: reference, inputs, old: old?.state });
  if (!old || old.state.external) return create(registration, old, unmade(next));
  const diff = diffProps(old.state.inputs, inputs);
  const replaceKeys = replaceKeysOf(diff, type, goal.replaceOnChanges, {
    before: old.state.inputs,
    after: inputs,
  });
  const mustReplace = replaceKeys.length > 0 || deployment.options.replace.has(urn);
  if (mustReplace && !isProviderType(goal.type))
    return replace(registration, { old, next, diff, replaceKeys, asked });
  if (Object.keys(diff).length > 0) return update(registration, old, next, diff);
  const outputs = markSecrets(plainProps(old.state.outputs), inputs, goal.additionalSecretOutputs);
  const same = { ...next, outputs };
  await deployment.steps.run({
    op: "same",
    old: old.state,
    next: same,
    settle: () => deployment.inventory.settle(old, same),
  });
  return same;
}

async function create(registration: Registration, old: Entry | undefined, next: Resource): Promise<Resource> {
  const { deployment } = registration;
  const before = deployment.options.dryRun ? planned(next) : next;
  const made = await deployment.steps.run({
    op: "create",
    next: before,
    work: () => make(registration, before),
    settle: (state) => deployment.inventory.settle(old, state ?? before),
  });
  return made ?? before;
}

async function update(
  registration: Registration,
  old: Entry,
  next: Resource,
  diff: ReturnType<typeof diffProps>,
): Promise<Resource> {
  const { deployment, goal, urn, type, provider: reference } = registration;
  const unknown = Object.fromEntries((type.volatile ?? []).map((key) => [key, UNKNOWN]));
  const before = deployment.options.dryRun
    ? { ...next, outputs: { ...old.state.outputs, ...next.inputs, ...unknown } }
    : next;
  const made = await deployment.steps.run({
    op: "update",
    old: old.state,
    next: before,
    diff,
    work: async () => {
      if (!type.update) throw new EngineError("provider", `${goal.type} cannot be updated in place`);
      const context = deployment.context(urn, reference);
      const outputs = await type.update(
        next.id ?? "",
        plainProps(next.inputs),
        plainProps(old.state.outputs),
        context,
      );
      return answered(next, { outputs: markSecrets(outputs, next.inputs, goal.additionalSecretOutputs) });
    },
    settle: (state) => deployment.inventory.settle(old, state ?? before),
  });
  return made ?? before;
}
