import type { Secrets } from "../secrets/passphrase.ts";
import type { Props } from "../values/values.ts";

/** One resource as Pulumi's state keeps it. Never changed in place: what was written about it is remembered by identity. */
export interface Resource {
  readonly urn: string;
  readonly type: string;
  readonly custom: boolean;
  readonly id?: string;
  readonly parent?: string;
  /** `<URN of the provider>::<its id>`. */
  readonly provider?: string;
  readonly inputs: Props;
  readonly outputs: Props;
  readonly dependencies?: readonly string[];
  readonly propertyDependencies?: Readonly<Record<string, readonly string[]>>;
  /** Replaced, but not deleted yet. */
  readonly delete?: boolean;
  /** Read, not managed. */
  readonly external?: boolean;
  readonly protect?: boolean;
  readonly retainOnDelete?: boolean;
  readonly additionalSecretOutputs?: readonly string[];
  readonly ignoreChanges?: readonly string[];
  readonly replaceOnChanges?: readonly string[];
  readonly created?: string;
  readonly modified?: string;
}

/** What a provider was asked to do when nobody heard the answer. */
export interface Operation {
  readonly resource: Resource;
  readonly type: "creating" | "updating" | "deleting" | "reading" | "importing";
}

/** Everything known about a stack: resources (dependencies first), unfinished operations, and how secrets are kept. */
export interface Snapshot {
  readonly resources: readonly Resource[];
  readonly pending: readonly Operation[];
  readonly secrets?: Secrets;
}

export interface StackRef {
  readonly project: string;
  readonly stack: string;
}

export const STACK_TYPE = "pulumi:pulumi:Stack";
const PROVIDER_PREFIX = "pulumi:providers:";

export const isProviderType = (type: string): boolean => type.startsWith(PROVIDER_PREFIX);
export const providerType = (pkg: string): string => PROVIDER_PREFIX + pkg;
/** `digitalocean` for `digitalocean:index/droplet:Droplet` and for `pulumi:providers:digitalocean`. */
export const packageOf = (type: string): string =>
  isProviderType(type) ? type.slice(PROVIDER_PREFIX.length) : (type.split(":")[0] ?? "");

/** The name that ends a URN. */
export const nameOf = (urn: string): string => urn.split("::").slice(3).join("::");
/** The type with the types of its parents: `a:b:C$d:e:F`. */
export const qualifiedTypeOf = (urn: string): string => urn.split("::")[2] ?? "";

/** The URN of a resource: what a stack knows it by. */
export function makeUrn(ref: StackRef, parent: string, type: string, name: string): string {
  const outer = parent && qualifiedTypeOf(parent) !== STACK_TYPE ? `${qualifiedTypeOf(parent)}$` : "";
  return `urn:pulumi:${ref.stack}::${ref.project}::${outer}${type}::${name}`;
}

/** URN and reference (`urn::id`) of a provider. */
export const providerUrnOf = (reference: string): string => reference.slice(0, reference.lastIndexOf("::"));
