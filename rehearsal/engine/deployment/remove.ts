import { EngineError } from "../failure.ts";
import { isProviderType, providerUrnOf } from "../state/resource.ts";
import { plainProps } from "../values/values.ts";
import type { Deployment } from "./deployment.ts";
import type { Entry } from "./inventory.ts";

/** Deletes one resource, unless it is protected; what Pulumi does not own is only forgotten. */
export async function remove(
  deployment: Deployment,
  entry: Entry,
  op: "delete" | "delete-replaced",
): Promise<void> {
  const { state } = entry;
  const owned = state.custom && !state.external && !state.retainOnDelete && !isProviderType(state.type);
  if (owned) await deployment.providers.verifyStored(state);
  await deployment.steps.run({
    op,
    old: state,
    together: true,
    verify: () => {
      if (state.protect && op === "delete") {
        throw new EngineError(
          "resource",
          `resource "${state.urn}" cannot be deleted\nbecause it is protected. To unprotect the resource, either remove ` +
            "the `protect` flag from the resource in your Pulumi program and run `pulumi up`, or use the command:\n" +
            `\`pulumi state unprotect '${state.urn}'\``,
        );
      }
    },
    work: async () => {
      if (!owned) return undefined;
      const type = await deployment.packages.resource(state.type);
      const context = deployment.context(state.urn, state.provider ?? "");
      await type.delete?.(state.id ?? "", plainProps(state.outputs), context);
      return undefined;
    },
    settle: () => deployment.inventory.drop(entry),
  });
}

/** Resources nothing else still standing needs. */
function leavesOf(entries: readonly Entry[]): Entry[] {
  const needed = new Set<string>();
  for (const { state } of entries) {
    if (state.parent) needed.add(state.parent);
    if (state.provider) needed.add(providerUrnOf(state.provider));
    for (const urn of state.dependencies ?? []) needed.add(urn);
  }
  const live = new Set(entries.filter(({ state }) => !state.delete).map(({ state }) => state.urn));
  // Dependents of a replaced resource depend on the new one, which has the same URN.
  return entries.filter(({ state }) => !needed.has(state.urn) || (state.delete && live.has(state.urn)));
}

/** After the program (or instead of it): whatever it did not ask for goes, dependents first, a generation at a time. */
export async function removeRest(deployment: Deployment): Promise<void> {
  for (let rest = deployment.inventory.untouched; rest.length > 0; rest = deployment.inventory.untouched) {
    deployment.steps.verifyGoing();
    const results = await Promise.allSettled(
      leavesOf(rest).map((entry) =>
        remove(deployment, entry, entry.state.delete ? "delete-replaced" : "delete"),
      ),
    );
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
  }
}
