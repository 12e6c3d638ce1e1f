import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { newKeyPair } from "../host/ssh/keys.ts";
import { shopSource } from "../images/shop.ts";
import { releaseWorkflow } from "./release.ts";

/** The repository that is rehearsed. */
export const repository = join(import.meta.dirname, "..", "..");

/** What the world's stacks need to know of the world. */
export interface ProjectOptions {
  /** Where the project is written. */
  directory: string;
  /** `bin/pulumi` of the engine that drives the world. */
  engine: string;
  environment: Readonly<Record<string, string>>;
  /** Hosts of each environment. */
  hosts: Readonly<Record<EnvironmentName, number>>;
  /** Seconds a service may take to become healthy, and seconds for which endpoints are watched after an update. */
  health: { timeout: number; window: number };
  /** Address range from which the driver comes. */
  operators: string;
  sshPort: number;
  httpPort: number;
  registry: { server: string; username: string; token: string };
  /** Pinned reference of the database image. */
  postgres: string;
  /** PEM of the key whose signatures count. */
  publicKey: string;
  repository: { owner: string; name: string };
  /** How releases change in production, as its configuration says it, behind an edge on every host; absent: in place, without one. */
  strategy?: Readonly<Record<string, unknown>> | undefined;
  /** Whether a load balancer stands before production's hosts. */
  loadBalancer: boolean;
  /** What runs the application in production, as its configuration says it; absent: compose. */
  runtime?: Readonly<Record<string, unknown>> | undefined;
  /** Where production's backups go; falsy: there are none. */
  backups?: BackupPlace | false | undefined;
}

/** Where backups are stored, and with what. */
export interface BackupPlace {
  /** As restic takes it. */
  repository: string;
  /** PEM of the authority of its certificate, where it speaks TLS. */
  authority: string | undefined;
  accessKey: string;
  secretKey: string;
  password: string;
}

export type EnvironmentName = "staging" | "production";

/** Secrets of one environment: throw-away, different in each, and nowhere in the clear but here. */
export interface EnvironmentSecrets {
  privateKey: string;
  hostKeySeed: string;
  POSTGRES_PASSWORD: string;
  SESSION_SECRET: string;
  PLANNER_API_KEY: string;
}

const random = () => randomBytes(24).toString("base64url");

function makeSecrets(): EnvironmentSecrets {
  return {
    privateKey: newKeyPair().private,
    hostKeySeed: randomBytes(32).toString("base64"),
    POSTGRES_PASSWORD: random(),
    SESSION_SECRET: random(),
    PLANNER_API_KEY: random(),
  };
}

/** The public key, in the repository beside the stacks that trust it. */
const publicKeyFile = "cosign.pub";

/**
 * What must be proven of images. Staging asks for what costs nothing and would stop a release later anyway: labels and a signature, so
 * that a build that forgot to sign is noticed on its first day. What a scan found stops nobody there: that is where the mended release is
 * tried. Production asks for all of it.
 */
const trust = (production: boolean) => ({
  signatures: { keys: [publicKeyFile] },
  ...(production && {
    provenance: { repository: shopSource, workflow: releaseWorkflow },
    security: { block: "high" },
  }),
});

/** The example application behind an edge: one service is asked from outside, one may run once only. */
const edge = ({ httpPort, strategy }: ProjectOptions) => ({
  "liftlock:edge": {
    routes: [{ service: "web", port: 8080 }],
    port: httpPort,
    once: ["scheduler"],
    smoke: [{ service: "web", path: "/api/version" }],
    // Nobody in a rehearsal asks for anything that takes long.
    drain: 2,
  },
  "liftlock:strategy": strategy,
});

/** Backups of the example application's database. */
const backups = ({ repository: place, authority }: BackupPlace) => ({
  "liftlock:backups": {
    repository: place,
    ...(authority !== undefined && { authority }),
    schedule: "hourly",
    databases: [
      { service: "postgres", name: "shop", user: "shop", check: "select count(*) > 0 from orders" },
    ],
  },
});

/** Everything of the configuration that is not secret, as a user would write it. */
function configuration(name: EnvironmentName, o: ProjectOptions): Record<string, unknown> {
  const production = name === "production";
  return {
    "liftlock:app": "shop",
    "liftlock:fleet": {
      size: o.hosts[name],
      region: "fra1",
      operators: [o.operators],
      ports: [o.httpPort],
      ...(production && (o.loadBalancer ? { loadBalancer: true } : { reservedAddress: true })),
    },
    "liftlock:ssh": { port: o.sshPort },
    "liftlock:registry": {
      server: o.registry.server,
      username: o.registry.username,
      ...(production && { tag: "main" }),
    },
    "liftlock:trust": trust(production),
    // A rehearsal promotes and goes back more often than anybody should in earnest.
    "liftlock:gates": { limits: { promotionsPer: { count: 100 }, rollbacksPerHour: 100 } },
    "liftlock:environment": {
      variables: {
        APP_ENV: name,
        HTTP_PORT: String(o.httpPort),
        PAYMENT_MODE: production ? "live" : "test",
        POSTGRES_IMAGE: o.postgres,
        PUBLIC_URL: `https://${production ? "www" : "staging"}.example.com`,
      },
    },
    "liftlock:health": {
      port: o.httpPort,
      paths: ["/healthz", "/api/version", "/docs/healthz", "/planner/healthz"],
      ...o.health,
    },
    ...(production && o.strategy && edge(o)),
    ...(production && o.runtime && { "liftlock:runtime": o.runtime }),
    ...(production && o.backups && backups(o.backups)),
    ...(production && {
      "liftlock:dns": { domain: "example.com", names: ["@", "www"], createDomain: true },
      "liftlock:alerts": { emails: ["operators@example.com"] },
    }),
    "liftlock:repository": { ...o.repository, variables: { PUBLIC_URL: `https://${name}.example.com` } },
  };
}

/** Calls the engine's command line, as a person would. */
export function pulumi(
  o: Pick<ProjectOptions, "engine" | "directory" | "environment">,
  ...args: string[]
): void {
  const result = spawnSync(o.engine, [...args, "--non-interactive"], {
    cwd: o.directory,
    env: { ...process.env, ...o.environment },
    encoding: "utf8",
  });
  if (result.status === 0) return;
  throw new WorldFailure(`pulumi ${args[0]} ${args[1] ?? ""} ended with ${result.status}: ${result.stderr}`);
}

/** The world could not be set up. */
export class WorldFailure extends Error {
  override readonly name = "WorldFailure";
}

/** Writes a project of its own: the repository's program, and stacks that point into the world. */
export function writeProject(o: ProjectOptions): Record<EnvironmentName, EnvironmentSecrets> {
  mkdirSync(o.directory, { recursive: true });
  copyFileSync(join(repository, "Pulumi.yaml"), join(o.directory, "Pulumi.yaml"));
  for (const part of ["stacks", "node_modules"]) symlinkSync(join(repository, part), join(o.directory, part));
  writeFileSync(join(o.directory, publicKeyFile), o.publicKey);
  const secrets = { staging: makeSecrets(), production: makeSecrets() };
  for (const name of ["staging", "production"] as const) {
    const file = join(o.directory, `Pulumi.${name}.yaml`);
    writeFileSync(file, stringify({ config: configuration(name, o) }, { lineWidth: 0 }));
    pulumi(o, "stack", "init", name);
    const { privateKey, hostKeySeed, ...environment } = secrets[name];
    const paths = {
      "liftlock:ssh.privateKey": privateKey,
      "liftlock:ssh.hostKeySeed": hostKeySeed,
      "liftlock:registry.token": o.registry.token,
      ...Object.fromEntries(
        Object.entries(environment).map(([k, v]) => [`liftlock:environment.secrets.${k}`, v]),
      ),
      "liftlock:repository.secrets.DEPLOY_KEY": privateKey,
      ...(name === "production" &&
        o.backups && {
          "liftlock:backups.password": o.backups.password,
          "liftlock:backups.accessKey": o.backups.accessKey,
          "liftlock:backups.secretKey": o.backups.secretKey,
        }),
    };
    const flags = Object.entries(paths).flatMap(([path, value]) => ["--secret", `${path}=${value}`]);
    pulumi(o, "config", "set-all", "--path", "--stack", name, ...flags);
  }
  return secrets;
}
