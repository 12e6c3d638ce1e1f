import { randomBytes, randomInt } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { type DigitalOcean, startDigitalOcean } from "../digitalocean/server.ts";
import { Faults } from "../faults/faults.ts";
import { type GitHub, startGitHub } from "../github/server.ts";
import { SimulatedHosts } from "../host/simulated-hosts.ts";
import { pushRelease } from "../images/push.ts";
import { type ShopFaults, shopRelease } from "../images/shop.ts";
import { type Registry, startRegistry } from "../registry/server.ts";
import { newSigningKey, type SigningKey } from "../signing/key.ts";
import { type EnvironmentName, type EnvironmentSecrets, repository, writeProject } from "./project.ts";
import { buildRelease, type ReleaseFile } from "./release.ts";

export interface WorldOptions {
  /** Everything the world writes lies below it; must not exist, or be empty. */
  directory: string;
  /** Hosts of production; default 2. */
  hosts?: number;
  /** Seconds a service may take to become healthy (default 20), and to be watched after an update (default 1). */
  health?: { timeout: number; window: number };
  /** Directory with `bin/pulumi`; default the rehearsal engine. */
  engineRoot?: string;
}

const owner = "example";
const ports = { ssh: 2222, http: 8080 };

/** A cloud, a code host, a registry, hosts and a project, all on this machine. */
export interface World extends AsyncDisposable {
  directory: string;
  /** The project that drives it. */
  workDirectory: string;
  engineRoot: string;
  /** What the engine and the providers are told by environment variables. */
  environment: Record<string, string>;
  faults: Faults;
  hosts: SimulatedHosts;
  digitalocean: DigitalOcean;
  github: GitHub;
  registry: Registry;
  /** Secrets of each environment, for those who look for leaks. */
  secrets: Record<EnvironmentName, EnvironmentSecrets>;
  registryToken: string;
  /** With which the example application's workflow signs what it builds. */
  signingKey: SigningKey;
  /** Builds a release of the example application, pushes it to staging's repositories and signs it, as CI would. */
  release(version: string, commit: string, faults?: ShopFaults): Promise<ReleaseFile>;
}

/** A /24 of the loopback range, so that several worlds fit on one machine. */
const subnet = () => `127.${randomInt(64, 250)}.${randomInt(1, 250)}`;

/** Brings a world up. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const { directory } = options;
  const engineRoot = options.engineRoot ?? join(repository, "rehearsal", "engine");
  mkdirSync(join(directory, "state"), { recursive: true, mode: 0o700 });
  const faults = new Faults();
  const hosts = new SimulatedHosts({
    directory: join(directory, "hosts"),
    subnet: subnet(),
    sshPort: ports.ssh,
    faults,
  });
  const tokens = { digitalocean: secret(), github: secret(), registry: secret() };
  const auth = { username: owner, password: tokens.registry };
  const [digitalocean, github, registry] = await Promise.all([
    startDigitalOcean({ token: tokens.digitalocean, platform: hosts, faults, dropletLimit: 100 }),
    startGitHub({ token: tokens.github, owner, repository: "shop", faults }),
    startRegistry({ faults, auth }),
  ]);

  const signingKey = newSigningKey();
  const workflow = { registry: { url: registry.url, ...auth }, key: signingKey };
  const base = await shopRelease({
    version: "17.0.0",
    commit: "0".repeat(40),
    createdAt: "2026-01-01T00:00:00Z",
  });
  const { postgres } = await pushRelease(registry.url, auth, `${owner}/shop`, { postgres: base.postgres });

  const passphrase = join(directory, "passphrase");
  writeFileSync(passphrase, secret(), { mode: 0o600 });
  const environment = {
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
    sshPort: ports.ssh,
    httpPort: ports.http,
    registry: { server: registry.host, username: owner, token: tokens.registry },
    postgres: postgres ?? "",
    publicKey: signingKey.publicKey,
    repository: { owner, name: "shop" },
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
    secrets,
    registryToken: tokens.registry,
    signingKey,
    release: (version, commit, shopFaults) => buildRelease(workflow, version, commit, shopFaults),
    async [Symbol.asyncDispose]() {
      await hosts.close();
      await Promise.all([digitalocean.close(), github.close(), registry.close()]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const secret = () => randomBytes(18).toString("base64url");
