import type { Op } from "../events/report.ts";
import type { ResourceType } from "../providers/provider.ts";
import { isProviderType, type Resource } from "../state/resource.ts";
import { equal, hasSecret, type Props, plainProps, secret } from "../values/values.ts";
import type { Deployment } from "./deployment.ts";
import { type Diff, diffProps, ignoring, invert, markSecrets } from "./diff.ts";
import type { Entry } from "./inventory.ts";

/**
 * Reads every resource back and takes over what is found. Before an update (`first`) that is announced, but what counts as a
 * change is only what the update does then.
 */
export async function refresh(deployment: Deployment, first: boolean): Promise<void> {
  const entries = deployment.inventory.untouched.filter(
    ({ state }) => !state.delete && !isProviderType(state.type),
  );
  const results = await Promise.allSettled(entries.map((entry) => refreshOne(deployment, entry, first)));
  const failed = results.find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
}

async function refreshOne(deployment: Deployment, entry: Entry, first: boolean): Promise<void> {
  const opOf = (result: Op): Op => (first ? "refresh" : result);
  const old = entry.state;
  const type = old.custom ? await deployment.packages.resource(old.type) : undefined;
  const read = type?.read?.bind(type);
  if (!type || !read) {
    await deployment.steps.run({ op: opOf("same"), old, next: old });
    return;
  }
  await deployment.providers.verifyStored(old);
  const live = await deployment.steps.reading(old, () =>
    read(old.id ?? "", plainProps(old.outputs), deployment.context(old.urn, old.provider ?? "")),
  );
  if (!live) return forget(deployment, entry, opOf("delete"));
  const inputs = live.inputs ?? followOutputs(old, live.outputs);
  const next: Resource = {
    ...old,
    id: live.id,
    inputs,
    outputs: markSecrets(live.outputs, old.inputs, old.additionalSecretOutputs ?? []),
  };
  const diff = driftOf(type, old, next);
  await deployment.steps.run({
    op: opOf(Object.keys(diff).length > 0 ? "update" : "same"),
    old,
    next,
    diff,
    settle: () => {
      entry.state = Object.keys(diff).length > 0 ? { ...next, modified: new Date().toISOString() } : next;
    },
  });
}

async function forget(deployment: Deployment, entry: Entry, op: Op): Promise<void> {
  await deployment.steps.run({
    op,
    old: entry.state,
    settle: () => {
      deployment.inventory.drop(entry);
      deployment.inventory.dropDependencies(entry.state.urn);
    },
  });
}

/** Inputs follow the outputs of the same name that changed outside. */
function followOutputs(old: Resource, outputs: Props): Props {
  const was = plainProps(old.outputs);
  return Object.fromEntries(
    Object.entries(old.inputs).map(([key, value]) => {
      if (equal(was[key], outputs[key])) return [key, value];
      return [key, hasSecret(value) ? secret(outputs[key]) : outputs[key]];
    }),
  );
}

/** The change an update without any change to the program would undo, seen from the other side. */
function driftOf(type: ResourceType, old: Resource, next: Resource): Diff {
  const wanted = ignoring(old.inputs, next.inputs, old.ignoreChanges ?? []);
  const outputs = diffProps(plainProps(old.outputs), plainProps(next.outputs));
  const noticed = Object.entries(outputs).filter(([key]) => old.external || type.drift?.includes(key));
  return { ...Object.fromEntries(noticed), ...invert(diffProps(next.inputs, wanted)) };
}
