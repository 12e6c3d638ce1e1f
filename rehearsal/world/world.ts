import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { type DigitalOcean, startDigitalOcean } from "../digitalocean/server.ts";
import { Faults } from "../faults/faults.ts";
import { joinRegistry } from "../github/packages.ts";
import { type GitHub, startGitHub } from "../github/server.ts";
import type { ContainerHosts } from "../host/container/container-hosts.ts";
import type { HostPlatform } from "../host/platform.ts";
import type { SimulatedHosts } from "../host/simulated-hosts.ts";
import { pushRelease } from "../images/push.ts";
import { type ShopFaults, shopRelease } from "../images/shop.ts";
import { type Registry, startRegistry } from "../registry/server.ts";
import { newSigningKey, type SigningKey } from "../signing/key.ts";
import { type Storage, startStorage } from "../storage/server.ts";
import type { AccessKey } from "../storage/signature.ts";
import { containerSite } from "./containerSite.ts";
import { type EnvironmentName, type EnvironmentSecrets, repository, writeProject } from "./project.ts";
import { buildRelease, type ReleaseFile } from "./release.ts";
import { type Site, simulatedSite } from "./site.ts";

export interface WorldOptions {
  /** Everything the world writes lies below it; must not exist, or be empty. */
  directory: string;
  /** Hosts of production; default 2. */
  hosts?: number;
  /** Seconds a service may take to become healthy (default 20), and to be watched after an update (default 1). */
  health?: { timeout: number; window: number };
  /** Directory with `bin/pulumi`; default the rehearsal engine. */
  engineRoot?: string;
  /** What droplets are; default `simulated`. */
  platform?: PlatformName;
  /** Production's `liftlock:strategy`; with it every host of production has an edge. */
  strategy?: Readonly<Record<string, unknown>>;
  /** A load balancer before production's hosts; default false. */
  loadBalancer?: boolean;
  /** Production's `liftlock:runtime`; default compose. */
  runtime?: Readonly<Record<string, unknown>>;
  /** Whether production's database is backed up, hourly; default false. */
  backups?: boolean;
}

/** Hosts simulated in this process, or containers of the machine's engine (see `host/container/requirements.ts`). */
export type PlatformName = "simulated" | "containers";

const owner = "example";

/** A cloud, a code host, a registry, hosts and a project, all on this machine. */
export interface World<H extends HostPlatform = SimulatedHosts> extends AsyncDisposable {
  directory: string;
  /** The project that drives it. */
  workDirectory: string;
  engineRoot: string;
  /** What the engine and the providers are told by environment variables. */
  environment: Record<string, string>;
  faults: Faults;
  hosts: H;
  digitalocean: DigitalOcean;
  github: GitHub;
  registry: Registry;
  /** Secrets of each environment, for those who look for leaks. */
  secrets: Record<EnvironmentName, EnvironmentSecrets>;
  registryToken: string;
  /** An object storage. */
  storage: Storage;
  /** With which the storage believes, and what encrypts production's backups. */
  backupSecrets: AccessKey & { password: string };
  /** Where every host answers SSH and HTTP. */
  ports: Site["ports"];
  /** See `Site`. */
  authority: string | undefined;
  /** See `Site`. */
  busybox: Uint8Array | undefined;
  /** With which the example application's workflow signs what it builds. */
  signingKey: SigningKey;
  /** Builds a release of the example application, pushes it to staging's repositories and signs it, as CI would. */
  release(version: string, commit: string, faults?: ShopFaults): Promise<ReleaseFile>;
}

const siteOf = (
  platform: PlatformName,
  directory: string,
  faults: Faults,
): Site<SimulatedHosts | ContainerHosts> | Promise<Site<SimulatedHosts | ContainerHosts>> =>
  platform === "simulated" ? simulatedSite(directory, faults) : containerSite(directory);

/** Brings a world up. @throws ContainerFailure where hosts are containers and this machine cannot have them */
export function startWorld(
  options: WorldOptions & { platform: "containers" },
): Promise<World<ContainerHosts>>;
export function startWorld(options: WorldOptions & { platform?: "simulated" }): Promise<World>;
export function startWorld(options: WorldOptions): Promise<World<SimulatedHosts | ContainerHosts>>;
export async function startWorld(options: WorldOptions): Promise<World<SimulatedHosts | ContainerHosts>> {
  const { directory } = options;
  mkdirSync(join(directory, "state"), { recursive: true, mode: 0o700 });
  const faults = new Faults();
  const site = await siteOf(options.platform ?? "simulated", directory, faults);
  try {
    return await furnish(options, site, faults);
  } catch (cause) {
    await site.hosts.close();
    throw cause;
  }
}

/** Everything but the hosts. */
async function furnish<H extends HostPlatform>(
  options: WorldOptions,
  site: Site<H>,
  faults: Faults,
): Promise<World<H>> {
  const { directory } = options;
  const engineRoot = options.engineRoot ?? join(repository, "rehearsal", "engine");
  const { hosts, ports, busybox } = site;
  const tokens = { digitalocean: secret(), github: secret(), registry: secret() };
  const auth = { username: owner, password: tokens.registry };
  const backupSecrets = { id: secret(), secret: secret(), password: secret() };
  const [digitalocean, github, registry, storage] = await Promise.all([
    startDigitalOcean({ token: tokens.digitalocean, platform: hosts, faults, dropletLimit: 100 }),
    startGitHub({ token: tokens.github, owner, repository: "shop", faults }),
    startRegistry({ faults, auth, ...site.registry }),
    startStorage({ faults, key: backupSecrets, ...site.registry }),
  ]);
  site.registryIsUp(registry.host);
  joinRegistry(github.state, registry.store);

  const signingKey = newSigningKey();
  const workflow = { registry: { url: registry.url, ...auth }, key: signingKey, busybox };
  const base = await shopRelease({
    version: "17.0.0",
    commit: "0".repeat(40),
    createdAt: "2026-01-01T00:00:00Z",
    ...(busybox && { busybox }),
  });
  const { postgres } = await pushRelease(registry.url, auth, `${owner}/shop`, { postgres: base.postgres });

  const passphrase = join(directory, "passphrase");
  writeFileSync(passphrase, secret(), { mode: 0o600 });
  const environment = {
    ...site.environment,
    PULUMI_BACKEND_URL: `file://${join(directory, "state")}`,
    PULUMI_HOME: join(directory, "home"),
    PULUMI_CONFIG_PASSPHRASE_FILE: passphrase,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    DIGITALOCEAN_API_URL: digitalocean.url,
    DIGITALOCEAN_TOKEN: tokens.digitalocean,
    GITHUB_BASE_URL: `${github.url}/`,
    GITHUB_TOKEN: tokens.github,
    LIFTLOCK_NODE: process.execPath,
    // The program's Node, and where an official engine looks for its plugins.
    PATH: [dirname(process.execPath), join(engineRoot, "bin"), process.env["PATH"] ?? ""].join(delimiter),
  };
  const workDirectory = join(directory, "project");
  const secrets = writeProject({
    directory: workDirectory,
    engine: join(engineRoot, "bin", "pulumi"),
    environment,
    hosts: { staging: 1, production: options.hosts ?? 2 },
    health: options.health ?? { timeout: 20, window: 1 },
    operators: site.operators,
    sshPort: ports.ssh,
    httpPort: ports.http,
    registry: { server: registry.host, username: owner, token: tokens.registry },
    postgres: postgres ?? "",
    publicKey: signingKey.publicKey,
    repository: { owner, name: "shop" },
    strategy: options.strategy,
    loadBalancer: options.loadBalancer ?? false,
    runtime: options.runtime,
    backups: options.backups && {
      repository: `s3:${storage.url}/backups/shop-production`,
      authority: site.authority,
      accessKey: backupSecrets.id,
      secretKey: backupSecrets.secret,
      password: backupSecrets.password,
    },
  });
  return {
    directory,
    workDirectory,
    engineRoot,
    environment,
    faults,
    hosts,
    digitalocean,
    github,
    registry,
    storage,
    backupSecrets,
    secrets,
    registryToken: tokens.registry,
    ports,
    authority: site.authority,
    busybox,
    signingKey,
    release: (version, commit, shopFaults) => buildRelease(workflow, version, commit, shopFaults),
    async [Symbol.asyncDispose]() {
      await hosts.close();
      await Promise.all([digitalocean.close(), github.close(), registry.close(), storage.close()]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const secret = () => randomBytes(18).toString("base64url");
