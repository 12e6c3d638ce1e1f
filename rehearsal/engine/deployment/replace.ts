import { unsupported } from "../failure.ts";
import type { Resource } from "../state/resource.ts";
import type { Props } from "../values/values.ts";
import type { Diff } from "./diff.ts";
import type { Entry } from "./inventory.ts";
import { unmade } from "./next-state.ts";
import { make, planned, type Registration } from "./registration.ts";
import { remove } from "./remove.ts";

/** A change that needs a new resource. */
export interface Replacement {
  readonly old: Entry;
  readonly next: Resource;
  readonly diff: Diff;
  readonly replaceKeys: readonly string[];
  /**
   * Inputs as the program asks for them: a new resource knows nothing of ignored changes, and gets fresh defaults, such as a
   * generated name.
   */
  readonly asked: Props;
}

/** Makes the new resource and leaves the old one to be deleted at the end, or deletes it first where that is asked for. */
export async function replace(registration: Registration, replacement: Replacement): Promise<Resource> {
  const { deployment, goal, urn, type } = registration;
  const { old, diff, replaceKeys } = replacement;
  if (old.state.protect && goal.protect) {
    deployment.steps.refuse(
      `unable to replace resource "${urn}"\nas it is currently marked for protection. To unprotect the resource, ` +
        "remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`",
      urn,
    );
  }
  const deleteFirst = goal.deleteBeforeReplace ?? type.deleteBeforeReplace ?? false;
  const report = { old: old.state, diff, replaceKeys };
  if (deleteFirst) await removeFirst(registration, old);
  const inputs = type.check ? type.check(replacement.asked, undefined, goal.name) : replacement.asked;
  const fresh = { ...unmade(replacement.next), inputs, outputs: {} };
  const next = deployment.options.dryRun ? planned(fresh) : fresh;
  const made = await deployment.steps.run({
    ...report,
    op: "create-replacement",
    next,
    work: () => make(registration, next),
    settle: (state) => {
      if (!deleteFirst) old.state = { ...old.state, delete: true };
      deployment.inventory.settle(undefined, state ?? next);
    },
  });
  await deployment.steps.run({ ...report, op: "replace", next: made ?? next });
  return made ?? next;
}

async function removeFirst({ deployment, urn }: Registration, old: Entry): Promise<void> {
  const dependent = deployment.inventory.untouched.find(
    ({ state }) => !state.delete && state.dependencies?.includes(urn),
  );
  if (dependent) {
    const refusal = unsupported(`deleteBeforeReplace of "${urn}", on which ${dependent.state.urn} depends,`);
    deployment.steps.refuse(refusal.message, urn);
  }
  await remove(deployment, old, "delete-replaced");
}
