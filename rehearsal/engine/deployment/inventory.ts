import type { Operation, Resource } from "../state/resource.ts";

/** A place for a resource's state as it was before this run; aliases rewrite what stands in it. */
export interface Entry {
  state: Resource;
}

function renameIn(resource: Resource, was: string, urn: string): Resource {
  const mentions = (text: string | undefined) => text === was || text?.startsWith(`${was}::`) === true;
  const rename = (text: string) =>
    text === was ? urn : mentions(text) ? urn + text.slice(was.length) : text;
  const touched =
    mentions(resource.urn) ||
    mentions(resource.parent) ||
    mentions(resource.provider) ||
    resource.dependencies?.some(mentions) ||
    Object.values(resource.propertyDependencies ?? {}).some((urns) => urns.some(mentions));
  if (!touched) return resource;
  return {
    ...resource,
    urn: rename(resource.urn),
    ...(resource.parent !== undefined && { parent: rename(resource.parent) }),
    ...(resource.provider !== undefined && { provider: rename(resource.provider) }),
    ...(resource.dependencies && { dependencies: resource.dependencies.map(rename) }),
    ...(resource.propertyDependencies && {
      propertyDependencies: Object.fromEntries(
        Object.entries(resource.propertyDependencies).map(([key, urns]) => [key, urns.map(rename)]),
      ),
    }),
  };
}

function independentOf(resource: Resource, urn: string): Resource {
  const { dependencies, propertyDependencies } = resource;
  if (!dependencies?.includes(urn)) return resource;
  const others = (urns: readonly string[]) => urns.filter((other) => other !== urn);
  const byProperty = Object.entries(propertyDependencies ?? {}).map(([key, urns]) => [key, others(urns)]);
  return {
    ...resource,
    dependencies: others(dependencies),
    ...(propertyDependencies && { propertyDependencies: Object.fromEntries(byProperty) }),
  };
}

/**
 * The resources of a stack during a run. Those this run has settled come first, in an order that puts dependencies before
 * dependents; then whatever it has not touched yet. An old state moves only when its step settles.
 */
export class Inventory {
  #settled: Resource[] = [];
  readonly #untouched: Set<Entry>;
  readonly #running = new Set<Operation>();
  /** Creations that an earlier run did not hear the end of: kept until someone clears them. */
  readonly #unresolved: readonly Operation[];

  constructor(resources: readonly Resource[], pending: readonly Operation[]) {
    this.#untouched = new Set(resources.map((state) => ({ state })));
    this.#unresolved = pending.filter((operation) => operation.type === "creating");
  }

  get resources(): Resource[] {
    return [...this.#settled, ...this.untouched.map((entry) => entry.state)];
  }

  get pending(): Operation[] {
    return [...this.#running, ...this.#unresolved];
  }

  get untouched(): Entry[] {
    return [...this.#untouched];
  }

  /** The resource of that URN, as new as it is known. */
  find(urn: string): Resource | undefined {
    return this.#settled.findLast((resource) => resource.urn === urn) ?? this.live(urn)?.state;
  }

  hasSettled(urn: string): boolean {
    return this.#settled.some((resource) => resource.urn === urn);
  }

  /** The state from before this run, unless it only waits to be deleted. */
  live(urn: string): Entry | undefined {
    return this.untouched.find(({ state }) => state.urn === urn && !state.delete);
  }

  begin(operation: Operation): void {
    this.#running.add(operation);
  }

  end(operation: Operation): void {
    this.#running.delete(operation);
  }

  /** The new state takes the place of the old one. */
  settle(old: Entry | undefined, next: Resource): void {
    if (old) this.#untouched.delete(old);
    this.#settled.push(next);
  }

  /** A later value of a state that has settled in this run. */
  amend(next: Resource): void {
    this.#settled = this.#settled.map((resource) => (resource.urn === next.urn ? next : resource));
  }

  drop(entry: Entry): void {
    this.#untouched.delete(entry);
  }

  /** Forgets dependencies on a resource that is found to be gone. */
  dropDependencies(urn: string): void {
    for (const entry of this.#untouched) entry.state = independentOf(entry.state, urn);
  }

  /** Everything that spoke of the old name speaks of the new one. */
  rename(was: string, urn: string): void {
    for (const entry of this.#untouched) entry.state = renameIn(entry.state, was, urn);
  }
}
