import { unsupported } from "../failure.ts";
import { packageOf } from "../state/resource.ts";
import type { Package, ProviderFunction, ResourceType } from "./provider.ts";

/** Packages by name; loaded when first needed. */
export type PackageLoader = (name: string) => Promise<Package | undefined>;

const BUILT_IN: Readonly<Record<string, () => Promise<Package>>> = {
  command: async () => (await import("./command/package.ts")).command,
  digitalocean: async () => (await import("./digitalocean/package.ts")).digitalocean,
  docker: async () => (await import("./docker/package.ts")).docker,
  github: async () => (await import("./github/package.ts")).github,
};

/**
 * The packages of this run: the built-in ones, or those of the module that LIFTLOCK_REHEARSAL_PROVIDERS names (tests of
 * the engine itself bring their own; the module exports `packages`).
 */
export function packageLoader(env: NodeJS.ProcessEnv = process.env): PackageLoader {
  const module = env.LIFTLOCK_REHEARSAL_PROVIDERS;
  if (!module) return async (name) => (Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name]?.() : undefined);
  const loaded = import(module) as Promise<{ packages: Readonly<Record<string, Package>> }>;
  return async (name) => (await loaded).packages[name];
}

/** Finds types and functions in packages. */
export class Packages {
  readonly #load: PackageLoader;
  readonly #known = new Map<string, Promise<Package | undefined>>();

  constructor(load: PackageLoader) {
    this.#load = load;
  }

  find(name: string): Promise<Package | undefined> {
    const known = this.#known.get(name) ?? this.#load(name);
    this.#known.set(name, known);
    return known;
  }

  /** @throws EngineError `unsupported` for a type the rehearsal does not know. */
  async resource(type: string): Promise<ResourceType> {
    const found = (await this.find(packageOf(type)))?.resources[type];
    if (!found) throw unsupported(`the resource type ${type}`);
    return found;
  }

  /** @throws EngineError `unsupported` for a function the rehearsal does not know. */
  async function(token: string): Promise<ProviderFunction> {
    const found = (await this.find(packageOf(token)))?.functions?.[token];
    if (!found) throw unsupported(`the function ${token}`);
    return found;
  }
}
