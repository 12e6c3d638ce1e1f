import { EngineError } from "../failure.ts";
import type { Packages } from "../providers/packages.ts";
import { packageOf, providerType, providerUrnOf, type Resource } from "../state/resource.ts";
import { hasUnknown, type Props, plainProps } from "../values/values.ts";
import { type Goal, simpleGoal } from "./goal.ts";
import type { Inventory } from "./inventory.ts";

/** What the registry works with. */
interface Parts {
  readonly inventory: Inventory;
  readonly packages: Packages;
  /** Configuration of a package's default provider. */
  readonly packageConfig: (pkg: string) => Props;
  /** Registers a provider as a resource. */
  readonly register: (goal: Goal) => Promise<Resource>;
}

/** Providers of a run: explicit ones of the program, and a default one for each package and version. */
export class ProviderRegistry {
  readonly #parts: Parts;
  readonly #defaults = new Map<string, Promise<Resource>>();
  readonly #configs = new Map<string, Props>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Reference of the provider that serves a registration or an invocation. */
  async referenceFor(pkg: string, explicit: string, version: string): Promise<string> {
    if (explicit) {
      if (this.#parts.inventory.hasSettled(providerUrnOf(explicit))) return explicit;
      throw new EngineError("resource", `unknown provider ${explicit}`);
    }
    const provider = await this.#default(pkg, version);
    return `${provider.urn}::${provider.id ?? ""}`;
  }

  /** Plain configuration of a provider; one object per provider, so that packages can keep a client for it. */
  configOf(reference: string): Props {
    const known = this.#configs.get(reference);
    if (known) return known;
    const provider = this.#parts.inventory.find(providerUrnOf(reference));
    const { __internal, ...config } = plainProps(provider?.inputs ?? {});
    this.#configs.set(reference, config);
    return config;
  }

  /** Refuses a provider whose package would reach a real cloud with it. */
  async verify(type: string, inputs: Props): Promise<void> {
    const { __internal, ...config } = plainProps(inputs);
    if (!hasUnknown(config)) (await this.#parts.packages.find(packageOf(type)))?.verify?.(config);
  }

  /** {@link verify} for a resource of the state, whose provider no program registers. */
  async verifyStored(resource: Resource): Promise<void> {
    const reference = resource.provider ?? "";
    if (this.#configs.has(reference)) return;
    (await this.#parts.packages.find(packageOf(resource.type)))?.verify?.(this.configOf(reference));
  }

  #default(pkg: string, version: string): Promise<Resource> {
    const name = version ? `default_${version.replace(/^v/, "").replace(/[.+-]/g, "_")}` : "default";
    const key = `${pkg}/${name}`;
    const known = this.#defaults.get(key);
    if (known) return known;
    const inputs = { ...this.#parts.packageConfig(pkg), ...(version && { version }) };
    const made = this.#parts.register(simpleGoal(providerType(pkg), name, inputs, version));
    this.#defaults.set(key, made);
    return made;
  }
}
