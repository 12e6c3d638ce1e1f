import { Breakers } from "./breaker.ts";
import type { Scope } from "./challenge.ts";
import { RegistryClient } from "./client.ts";
import type { Credentials } from "./credentials.ts";
import { findCredentials } from "./findCredentials.ts";
import { RegistryMemory } from "./memory.ts";
import { Repository } from "./repository.ts";

export interface RegistriesOptions {
  /** From the stack's configuration; others are looked for in the environment and in Docker's configuration. */
  credentials?: readonly Credentials[];
  /** Default: this process's. */
  environment?: Readonly<Record<string, string | undefined>>;
  /** Shared by everything in a process that asks registries; default: its own. */
  breakers?: Breakers;
  /** Milliseconds for one request; default 10 s. */
  timeout?: number;
}

/** How a repository is used. */
export interface RepositoryUse {
  /** What its requests need access to; default: to read it. */
  scopes?: readonly Scope[];
  signal?: AbortSignal | undefined;
}

/**
 * The registries of one promotion: a client for each, and what was read so far, so that validating, checking signatures and
 * copying read nothing twice. Make a new one for the next promotion, with the same breakers.
 */
export class Registries {
  readonly breakers: Breakers;
  private readonly memory = new RegistryMemory();
  private readonly clients = new Map<string, RegistryClient>();
  private readonly options: RegistriesOptions;

  constructor(options: RegistriesOptions = {}) {
    this.options = options;
    this.breakers = options.breakers ?? new Breakers();
  }

  private client(registry: string): RegistryClient {
    const known = this.clients.get(registry);
    if (known) return known;
    const { credentials = [], environment = process.env, timeout } = this.options;
    const client = new RegistryClient(registry, {
      credentials: () => findCredentials(registry, { given: credentials, environment }),
      breakers: this.breakers,
      ...(timeout !== undefined && { timeout }),
    });
    this.clients.set(registry, client);
    return client;
  }

  /** One repository. */
  repository(registry: string, name: string, use: RepositoryUse = {}): Repository {
    return new Repository(this.client(registry), name, this.memory, {
      scopes: use.scopes ?? [{ repository: name, actions: "pull" }],
      signal: use.signal,
    });
  }
}
