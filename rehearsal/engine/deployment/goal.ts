import type { Props } from "../values/values.ts";

/** Another name a resource may be known by. */
export type Alias =
  | { readonly urn: string }
  | {
      readonly name: string;
      readonly type: string;
      readonly stack: string;
      readonly project: string;
      readonly parent: string;
      readonly noParent: boolean;
    };

/** What a program asks for: one registration. */
export interface Goal {
  readonly type: string;
  readonly name: string;
  readonly custom: boolean;
  /** URN of the parent, or empty. */
  readonly parent: string;
  readonly inputs: Props;
  /** Reference of an explicit provider, or empty. */
  readonly provider: string;
  /** Version of the package's SDK, or empty. */
  readonly version: string;
  readonly dependencies: readonly string[];
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
  readonly aliases: readonly Alias[];
  readonly protect?: boolean | undefined;
  readonly retainOnDelete?: boolean | undefined;
  readonly deleteBeforeReplace?: boolean | undefined;
  readonly ignoreChanges: readonly string[];
  readonly replaceOnChanges: readonly string[];
  readonly additionalSecretOutputs: readonly string[];
}

/** A goal that asks for nothing special. */
export function simpleGoal(type: string, name: string, inputs: Props, version: string): Goal {
  return {
    type,
    name,
    custom: true,
    parent: "",
    inputs,
    provider: "",
    version,
    dependencies: [],
    propertyDependencies: {},
    aliases: [],
    ignoreChanges: [],
    replaceOnChanges: [],
    additionalSecretOutputs: [],
  };
}
