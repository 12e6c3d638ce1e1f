import type { Events } from "../events/events.ts";
import { EngineError } from "../failure.ts";
import type { Packages } from "../providers/packages.ts";
import type { Context } from "../providers/provider.ts";
import { makeUrn, nameOf, type Resource, STACK_TYPE, type StackRef } from "../state/resource.ts";
import type { Props } from "../values/values.ts";
import type { Goal } from "./goal.ts";
import type { Inventory } from "./inventory.ts";
import { Lookup } from "./lookup.ts";
import { ProviderRegistry } from "./provider-registry.ts";
import type { Steps } from "./steps.ts";

/** What a run is told. */
export interface DeploymentOptions {
  readonly dryRun: boolean;
  /** URNs to replace whatever changed. */
  readonly replace: ReadonlySet<string>;
  /** Configuration of a package's default provider, secret marks kept. */
  readonly packageConfig: (pkg: string) => Props;
}

/** One run over one stack: what register, read, refresh and remove work on. */
export class Deployment {
  readonly ref: StackRef;
  readonly inventory: Inventory;
  readonly steps: Steps;
  readonly events: Events;
  readonly packages: Packages;
  readonly options: DeploymentOptions;
  readonly providers: ProviderRegistry;
  readonly lookup: Lookup;
  readonly #claimed = new Set<string>();
  #stackOutputs: { readonly urn: string; readonly outputs: Props } | undefined;

  constructor(parts: {
    ref: StackRef;
    inventory: Inventory;
    steps: Steps;
    events: Events;
    packages: Packages;
    options: DeploymentOptions;
    /** Brings a resource to what is asked for; providers are registered with it. */
    register: (deployment: Deployment, goal: Goal) => Promise<Resource>;
  }) {
    this.ref = parts.ref;
    this.inventory = parts.inventory;
    this.steps = parts.steps;
    this.events = parts.events;
    this.packages = parts.packages;
    this.options = parts.options;
    this.lookup = new Lookup(parts.ref, parts.inventory);
    this.providers = new ProviderRegistry({
      inventory: parts.inventory,
      packages: parts.packages,
      packageConfig: parts.options.packageConfig,
      register: (goal) => parts.register(this, goal),
    });
  }

  /** The URN of a registration, which must be the only one to have it. */
  claim(goal: Goal): string {
    const urn = makeUrn(this.ref, goal.parent, goal.type, goal.name);
    if (this.#claimed.has(urn)) {
      throw new EngineError("resource", `Duplicate resource URN '${urn}'; try giving it a unique name`);
    }
    this.#claimed.add(urn);
    return urn;
  }

  /** What a provider call about a resource is told. */
  context(urn: string, provider: string): Context {
    return {
      urn,
      name: nameOf(urn),
      config: this.providers.configOf(provider),
      log: (message, severity = "info") => this.events.diagnostic(severity, message, urn),
    };
  }

  /** Outputs a program gives to a component. Those of the stack are settled at the end, by {@link finish}. */
  registerOutputs(urn: string, outputs: Props): void {
    const resource = this.inventory.find(urn);
    if (!resource)
      throw new EngineError("resource", `outputs were registered for the unknown resource ${urn}`);
    if (resource.type === STACK_TYPE) this.#stackOutputs = { urn, outputs };
    else this.#amend(resource, outputs);
  }

  /**
   * Settles the outputs of the stack. After a failure a missing output may only not have been reached: old ones stay, new
   * ones take their place.
   */
  finish(): void {
    if (!this.#stackOutputs) return;
    const { urn, outputs } = this.#stackOutputs;
    const stack = this.inventory.find(urn);
    if (stack)
      this.#amend(stack, this.steps.failure === undefined ? outputs : { ...stack.outputs, ...outputs });
  }

  #amend(resource: Resource, outputs: Props): void {
    const next: Resource = { ...resource, outputs };
    this.inventory.amend(next);
    this.steps.noted();
    if (!this.options.dryRun) return;
    const op = this.steps.created.has(resource.urn) ? "create" : "same";
    this.events.redone({ op, old: next, next, diff: {}, replaceKeys: [] });
  }
}
