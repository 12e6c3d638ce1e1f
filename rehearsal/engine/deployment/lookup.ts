// Which old state a registration continues: by its own URN, by its aliases, or by the aliases of its parents.
import { makeUrn, nameOf, qualifiedTypeOf, type StackRef } from "../state/resource.ts";
import type { Alias, Goal } from "./goal.ts";
import type { Entry, Inventory } from "./inventory.ts";

function aliasUrn(ref: StackRef, goal: Goal, alias: Alias): string {
  if ("urn" in alias) return alias.urn;
  const stack = { stack: alias.stack || ref.stack, project: alias.project || ref.project };
  const parent = alias.noParent ? "" : alias.parent || goal.parent;
  return makeUrn(stack, parent, alias.type || goal.type, alias.name || goal.name);
}

/** A child's URN under its parent's old name; a child named after its parent follows the parent's name. */
function inheritedUrn(
  ref: StackRef,
  child: { type: string; name: string },
  parent: string,
  parentAlias: string,
): string {
  const name = child.name.startsWith(nameOf(parent))
    ? nameOf(parentAlias) + child.name.slice(nameOf(parent).length)
    : child.name;
  return makeUrn(ref, parentAlias, child.type, name);
}

/** Every other URN a registration may have been known by, in the order they are tried. */
export function aliasUrns(ref: StackRef, goal: Goal, parentAlias: string | undefined): string[] {
  const own = goal.aliases.map((alias) => aliasUrn(ref, goal, alias));
  if (!parentAlias) return [...new Set(own)];
  const inherit = (child: { type: string; name: string }) =>
    inheritedUrn(ref, child, goal.parent, parentAlias);
  const inherited = own.map((urn) =>
    inherit({ type: qualifiedTypeOf(urn).split("$").at(-1) ?? goal.type, name: nameOf(urn) }),
  );
  return [...new Set([...own, inherit(goal), ...inherited])];
}

/** Remembers under which old name each resource was found, for its children. */
export class Lookup {
  readonly #ref: StackRef;
  readonly #inventory: Inventory;
  readonly #foundAs = new Map<string, string>();

  constructor(ref: StackRef, inventory: Inventory) {
    this.#ref = ref;
    this.#inventory = inventory;
  }

  /** The old state of a registration, renamed when it is found by an alias. */
  find(urn: string, goal: Goal): Entry | undefined {
    const direct = this.#inventory.live(urn);
    if (direct) return direct;
    for (const was of aliasUrns(this.#ref, goal, this.#foundAs.get(goal.parent))) {
      const entry = this.#inventory.live(was);
      if (!entry) continue;
      this.#foundAs.set(urn, was);
      this.#inventory.rename(was, urn);
      return entry;
    }
    return undefined;
  }
}
