/** A resource as the preview plans it, or as it was. */
export interface ResourceState {
  /** Whether the engine refuses to delete or replace it. */
  protect: boolean;
  /** The inputs that rules look at; secrets are not among them. */
  inputs: Readonly<Record<string, unknown>>;
}

/** A resource of a preview, whether or not it changes. */
export interface PlannedResource {
  urn: string;
  /** `digitalocean:index/droplet:Droplet` */
  type: string;
  after: ResourceState;
  /** Absent: the preview makes it. */
  before?: ResourceState;
}

/** One resource, on one side of a preview. */
export interface Resource extends ResourceState {
  urn: string;
  type: string;
}

/** A service of the compose file, as far as rules look at it. Values of variables are put in where they are known. */
export interface ServiceFacts {
  name: string;
  /** In profile `data`: not pinned by a release. */
  stateful: boolean;
  image?: string;
  privileged: boolean;
  /** Namespaces of the host that it shares: `network`, `pid`, `ipc`, `user`. */
  hostNamespaces: readonly string[];
  /** Capabilities that it gets beside the engine's own. */
  capabilities: readonly string[];
  /** Paths of the host that it mounts. */
  binds: readonly string[];
  /** Ports that it publishes on addresses that the internet can reach. */
  publicPorts: readonly number[];
}

/** What the configuration says, for rules that are asked where there is no preview. */
export interface Declared {
  sshPort: number;
  /** Address ranges that may reach SSH. */
  operators: readonly string[];
  /** Ports that everybody may reach. */
  ports: readonly number[];
  /** A reserved address or a load balancer. */
  stableAddress: boolean;
  /** Somebody is told when the environment does not answer. */
  watched: boolean;
}

/** An environment, as the rules see it. */
export interface PolicyFacts {
  environment: string;
  declared: Declared;
  /** Absent without a preview: what the configuration declares is judged instead. */
  resources?: readonly Resource[];
  services: readonly ServiceFacts[];
  /** Plain values of `liftlock:environment.variables`. */
  variables: Readonly<Record<string, string>>;
}

/** Something that a rule objects to. */
export interface Objection {
  /** What it is about: a resource, a service, a variable. */
  subject: string;
  message: string;
}
