import type { UpdateSummary } from "@pulumi/pulumi/automation/index.js";
import type { ComposeFile } from "../../infra/composeFile.ts";
import type { StackConfig } from "../../stacks/config.ts";
import type { Environment as EnvironmentName } from "../../stacks/environments.ts";
import type { EndpointVerdict } from "../health/endpoints.ts";
import type { LogTail } from "../hosts/fleet.ts";
import type { Measurement } from "../hosts/measurement.ts";
import type { ResourceFailure } from "../plan/deployFailure.ts";
import type { HostFacts, HostReading } from "../plan/facts.ts";
import type { Preview } from "../plan/preview.ts";
import type { Release } from "../release/release.ts";
import type { Outputs } from "./outputs.ts";

/** What the driver writes of a stack's configuration: what it runs, and what is being rolled out. */
export interface Pin {
  release: Release | undefined;
  candidate: Release | undefined;
  /** Absent shares: 100, everywhere and for everybody. */
  rollout: { attempt: number; mode: "forward" | "revert"; hosts?: number; traffic?: number };
}

/** `Pulumi.<stack>.yaml`, as far as the driver reads and writes it. */
export interface ConfigurationFile {
  readonly name: string;
  /** The driver's part of it. */
  pin(): Pin;
  /** The whole file as it would be with this pin. */
  draft(pin: Pin): string;
  write(pin: Pin): void;
}

/** What is known of an environment without asking anybody. */
export interface Input {
  readonly name: EnvironmentName;
  readonly file: ConfigurationFile;
  readonly config: StackConfig;
  readonly compose: ComposeFile;
  /** The same digests in this environment's repositories. */
  inTarget(release: Release): Release;
}

/** What copying a release came to. */
export interface CopySummary {
  /** Images that have moved to another repository. */
  images: number;
  /** Bytes of layers that were sent; 0 when the registry took them over itself. */
  bytes: number;
}

/** The hosts of one environment. */
export interface Hosts {
  /** What every host records and runs; a host that cannot be read is reported as such. */
  observe(): Promise<HostReading[]>;
  /** Fetches images ahead of the update. Best effort: what is missing afterwards the update itself pulls. */
  prefetch(images: readonly string[], dockerConfig: string | undefined): Promise<void>;
  /**
   * What the edges of all hosts answered since a place in each request log.
   * @param places by host; absent: only the places are asked for
   * @throws Failure `HostUnreachable`
   */
  measure(places?: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, Measurement>>;
  /** Whether a host's SSH server answers and proves to be that host's; what runs there is not asked. */
  answers(host: string): Promise<boolean>;
  /** Last log lines of containers of one host, and of its last migration. */
  logs(facts: HostFacts, containers: readonly string[]): Promise<LogTail[]>;
}

/** The images of one environment, in their registries. */
export interface Images {
  /**
   * Proves that the registry has every image of a release whole, and what the trust policy asks for.
   * @returns what was proven, in a few words
   * @throws Failure `ImageMissing`, `ImageCorrupted`, `ImageTooLarge`, those of trust, `RegistryUnavailable`
   */
  verify(release: Release): Promise<string>;
  /** Whether the trust policy asks for signatures. */
  readonly admits: boolean;
  /**
   * Proves that those trusted signed one image, whatever release it is of. What was read once is not read again.
   * @param reference `registry/repository@digest`
   * @throws Failure `InvalidSignature`, `ImageMissing`, `ImageCorrupted`, `RegistryUnavailable`
   */
  admit(reference: string): Promise<void>;
  /**
   * Copies a release from its source's repositories to this environment's.
   * @param previous what runs here now
   * @throws Failure `CopyFailed`, `RegistryUnavailable`
   */
  copy(release: Release, previous: Release | undefined): Promise<CopySummary>;
  /**
   * Points tags at a release's images.
   * @returns false when they lie in other repositories than this environment's: their tags are not set
   * @throws Failure `RegistryUpdateFailed`
   */
  tag(release: Release, tags: readonly string[]): Promise<boolean>;
}

/** An environment, opened: everything that the steps of a promotion read there, and do to it. */
export interface Target extends Disposable {
  readonly name: EnvironmentName;
  readonly file: ConfigurationFile;
  readonly config: StackConfig;
  readonly outputs: Outputs;
  readonly hosts: Hosts;
  readonly images: Images;
  /** Asks the public endpoints until they answer well, then over a window in seconds; default: the configured one. */
  watchEndpoints(window?: number): Promise<EndpointVerdict>;
  /**
   * One update of the stack, as its configuration file says.
   * @param limit milliseconds
   * @param replace urns of resources that are made anew; the old ones are deleted once the new ones are there
   * @returns what failed, resource by resource; empty when all went well
   * @throws Failure when the engine failed without naming a resource
   */
  update(message: string, limit: number, replace?: readonly string[]): Promise<readonly ResourceFailure[]>;
  /** What an update would do that makes these resources anew. @param replace urns. @throws Failure as `Workspace.preview` */
  previewReplacing(replace: readonly string[]): Promise<Preview>;
  /** Writes into the stack what the cloud is. Touches nothing else. @throws Failure `EngineFailed` */
  refresh(): Promise<void>;
  /** The urn of a resource of the stack. @param type such as `digitalocean:index/droplet:Droplet` */
  urnOf(type: string, name: string): Promise<string | undefined>;
  /** Lets one resource be replaced or deleted, in the stack's state only: the next update protects it again. */
  unprotect(urn: string): Promise<void>;
  /** The stack's updates, newest first. */
  updates(count: number): Promise<readonly UpdateSummary[]>;
  /** Releases that were the pin of an update, newest first: the pin moves only after verification. */
  verifiedReleases(): Promise<readonly Release[]>;
  /** Clears what a killed engine left in the stack: its lock, and operations whose end nobody saw. */
  mend(): Promise<void>;
  /** Adds every secret of the stack's configuration to what is masked. */
  learnSecrets(): Promise<void>;
}

/** A preview under way. Left early, it is ended; in any case it is waited for. */
export interface PreviewUnderWay extends AsyncDisposable {
  readonly result: Promise<Preview>;
  /** The configuration that is previewed, the whole file's text. */
  readonly draft: string;
}

/** Where environments are found, configured and changed: a project directory with its stacks. */
export interface Workspace {
  /**
   * Everything about an environment that can be checked without asking anybody.
   * @throws Failure `StackUnknown`, `ConfigInvalid`, `ComposeInvalid`, `EnvironmentVariables`, `TokenMissing`
   */
  input(environment: string): Input;
  /** Environments that are configured here, in the order in which a release passes them. */
  environments(): readonly EnvironmentName[];
  /** Begins to preview the environment as a draft of its configuration would have it. */
  preview(name: EnvironmentName, draft: string): PreviewUnderWay;
  /** What in the cloud differs from the environment's stack. @throws Failure */
  previewRefresh(name: EnvironmentName): Promise<Preview>;
  /** @throws Failure `StackUnknown`, `ConfigInvalid`, `PassphraseMissing` */
  open(environment: string): Promise<Target>;
}
