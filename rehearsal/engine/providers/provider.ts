// What a rehearsed package says about itself. Values arrive plain (no secret marks); the engine restores the marks.
import type { Props } from "../values/values.ts";

/** What a provider call knows besides its arguments. */
export interface Context {
  readonly urn: string;
  /** The resource's name in the program. */
  readonly name: string;
  /** Configuration of the provider that serves the call; the same object for every call of one provider. */
  readonly config: Props;
  /** Says something to whoever watches. */
  log(message: string, severity?: "info" | "warning"): void;
}

/** A resource as it is now. */
export interface Live {
  readonly id: string;
  readonly outputs: Props;
  /** Inputs as read back; where left out, inputs follow the outputs of the same name that changed. */
  readonly inputs?: Props;
}

/** One resource type. */
export interface ResourceType {
  /** Inputs that must be given. */
  readonly required?: readonly string[];
  /** Inputs whose change needs a new resource. */
  readonly replaceOn?: readonly string[];
  /** Replace by deleting first. */
  readonly deleteBeforeReplace?: boolean;
  /** Outputs that an update may change: unknown while previewing one. */
  readonly volatile?: readonly string[];
  /** Outputs that are no inputs but whose change a refresh reports all the same. */
  readonly drift?: readonly string[];
  /** Fills in defaults; `olds` are the inputs of the resource that is updated. */
  check?(inputs: Props, olds: Props | undefined, name: string): Props;
  create(inputs: Props, context: Context): Promise<Live>;
  /** The new outputs. Without it a changed input that needs no replacement is an error. */
  update?(id: string, inputs: Props, olds: Props, context: Context): Promise<Props>;
  delete?(id: string, olds: Props, context: Context): Promise<void>;
  /** Undefined when the resource is gone. Without it nothing outside is ever noticed. */
  read?(id: string, olds: Props, context: Context): Promise<Live | undefined>;
}

/** A function of a package: arguments in, result out. */
export type ProviderFunction = (args: Props, context: Context) => Promise<Props>;

/** One package of resource types and functions. */
export interface Package {
  readonly resources: Readonly<Record<string, ResourceType>>;
  readonly functions?: Readonly<Record<string, ProviderFunction>>;
  /** Refuses a configuration that would reach a real cloud; runs before anything of the package is used, previews included. */
  verify?(config: Props): void;
}
