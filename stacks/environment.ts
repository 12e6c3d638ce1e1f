import * as pulumi from "@pulumi/pulumi";
import { Backups } from "../infra/backups.ts";
import { ComposeDeployment, type ComposeDeploymentArgs } from "../infra/compose.ts";
import { edgeConfiguration, maintenancePage } from "../infra/edge.ts";
import { Fleet } from "../infra/fleet.ts";
import { ImageReference, registryProvider } from "../infra/image.ts";
import type { DeployedFiles, EdgePayload } from "../infra/payload.ts";
import { RepositoryAccess } from "../infra/repository.ts";
import { SwarmDeployment } from "../infra/swarm.ts";
import { hostCount } from "../src/plan/strategy.ts";
import { type Release, releaseId } from "../src/release/release.ts";
import { readApplication, strategyOf, verifyImages } from "./application.ts";
import { acmeAccount, acmePayload } from "./certificates.ts";
import type { StackConfig } from "./config.ts";
import { hostRegistry } from "./hostRegistry.ts";
import { backupSchedule } from "./schema/backups.ts";

/** How environments differ in what they consist of. */
export interface EnvironmentTraits {
  /** Droplets and addresses are protected against deletion and replacement. */
  protect: boolean;
  /** Uptime check and alerts, where `liftlock:alerts` says whom to tell. */
  watch: boolean;
}

/** What an update deployed. */
export interface Deployed {
  id: string;
  attempt: number;
  mode: "forward" | "revert";
  release: Release;
}

/** What the stack exports, for people and for the driver. */
export interface EnvironmentOutputs {
  app: string;
  /** Where the public finds the environment. */
  address: pulumi.Output<string>;
  hosts: { name: string; address: pulumi.Output<string>; port: number; user: string; hostKey: string }[];
  /** URLs that must answer on every host. */
  endpoints: pulumi.Output<string>[];
  /** What is deployed: the candidate while a promotion is under way, else the pinned release. */
  deployed: pulumi.Output<Deployed | null>;
  /** Services of a release that run once and do not stay. */
  jobs: string[];
  /** Lets the driver read the hosts back. Secret. */
  access: pulumi.Output<{
    privateKey: string;
    registry: StackConfig["registry"] | null;
    notify: StackConfig["notify"];
    /** SHA-256 of the files that each host has of the last deployment; null while a release is on its way. */
    files: DeployedFiles | null;
  }>;
}

/** What every host gets of the edge. */
function edgeOf(config: StackConfig): EdgePayload | undefined {
  const { edge, rollout } = config;
  const { certificate, key } = edge?.tls ?? {};
  const account = acmeAccount(config);
  return (
    edge && {
      ...edge,
      configuration: edgeConfiguration({ ...edge, challenge: account?.thumbprint }),
      page: edge.maintenance ?? maintenancePage,
      tls:
        certificate === undefined || key === undefined ? undefined : `${certificate.trim()}\n${key.trim()}\n`,
      acme: acmePayload(config, account),
      beside: strategyOf(config).type !== "recreate",
      traffic: rollout.traffic,
    }
  );
}

/**
 * The edge of a host on which nothing has been deployed. Certificates come with the first deployment; challenges of an authority are answered
 * already, because another host may have asked it.
 */
const firstEdgeOf = (config: StackConfig) =>
  config.edge && {
    configuration: edgeConfiguration({
      ...config.edge,
      tls: undefined,
      challenge: acmeAccount(config)?.thumbprint,
    }),
    page: config.edge.maintenance ?? maintenancePage,
  };

/** Which hosts have the candidate, and what the others run. */
function waveOf({ release, candidate, rollout }: StackConfig, hosts: number): ComposeDeploymentArgs["wave"] {
  const stable = candidate && release ? { release, images: release.images } : undefined;
  return { hosts: stable ? hostCount(rollout.hosts, hosts) : hosts, stable };
}

/** Declares an environment: its hosts, its images, its deployments and what its workflows may know. */
export function declareEnvironment(
  stack: string,
  config: StackConfig,
  traits: EnvironmentTraits,
): EnvironmentOutputs {
  const { app, ssh, health, fleet: size } = config;
  const compose = readApplication(stack, config);
  const url = (address: string, path: string) => {
    const standard = health.port === (health.scheme === "https" ? 443 : 80);
    return `${health.scheme}://${address}${standard ? "" : `:${health.port}`}${path}`;
  };
  const fleet = new Fleet("fleet", {
    app,
    environment: stack,
    ...size,
    loadBalancer: size.loadBalancer
      ? { ports: size.ports, health: { port: health.port, path: health.paths[0] ?? "/" } }
      : undefined,
    ssh,
    protect: traits.protect,
    edge: firstEdgeOf(config),
    cluster: config.runtime.type === "swarm",
    dns: config.dns,
    watch:
      traits.watch && config.alerts
        ? { url: (address) => url(address, health.paths[0] ?? "/"), emails: config.alerts.emails }
        : undefined,
  });

  const [first] = fleet.hosts;
  if (config.backups && first)
    new Backups("backups", {
      app,
      label: `${app}-${stack}`,
      host: first,
      ssh,
      ...config.backups,
      schedule: backupSchedule(config.backups.schedule) ?? { period: 86_400, offset: 0 },
    });

  const release = config.candidate ?? config.release;
  let files: pulumi.Output<DeployedFiles | null> = pulumi.output(null);
  let deployed: pulumi.Output<Deployed | null> = pulumi.output(null);
  if (release) {
    verifyImages(release, compose, `Pulumi.${stack}.yaml`);
    // A preview comes before images are copied: here only what is really deployed is asked for. The driver proves the rest itself.
    const ask = config.rollout.mode === "forward" && !pulumi.runtime.isDryRun();
    const registry = config.registry && registryProvider("registry", config.registry);
    const images = Object.fromEntries(
      Object.entries(release.images).map(([name, reference]) => [
        name,
        new ImageReference(name, { reference, ask, registry }).reference,
      ]),
    );
    const common = {
      app,
      hosts: fleet.hosts,
      ssh,
      compose,
      release,
      rollout: config.rollout,
      images,
      variables: { ...config.environment.variables, DATABASE_HOST: fleet.hosts[0]?.privateAddress ?? "" },
      secrets: config.environment.secrets,
      registry: config.registry && hostRegistry(config.registry),
      waitSeconds: health.timeout,
      migrationSeconds: config.migration.timeout,
    };
    const deployment =
      config.runtime.type === "swarm"
        ? new SwarmDeployment("app", { ...common, ...config.runtime })
        : new ComposeDeployment("app", {
            ...common,
            wave: waveOf(config, fleet.hosts.length),
            edge: edgeOf(config),
          });
    const { attempt, mode, hosts, traffic } = config.rollout;
    // A release that is still on its way is not what is deployed.
    if (hosts === 100 && traffic === 100) {
      deployed = deployment.done.apply(() => ({ id: releaseId(release), attempt, mode, release }));
      files = pulumi.all([deployment.files, deployment.done]).apply(([found]) => found ?? null);
    }
  }

  if (config.repository) {
    const { owner, name, ...access } = config.repository;
    new RepositoryAccess("repository", { owner, repository: name, environment: stack, ...access });
  }

  return {
    app,
    address: fleet.address,
    hosts: fleet.hosts.map(({ name, address, hostKey }) => ({
      name,
      address,
      port: ssh.port,
      user: ssh.user,
      hostKey,
    })),
    endpoints: fleet.hosts.flatMap((host) =>
      health.paths.map((path) => host.address.apply((address) => url(address, path))),
    ),
    deployed,
    jobs: compose.jobs,
    access: pulumi.secret({
      privateKey: ssh.privateKey,
      registry: config.registry ?? null,
      notify: config.notify,
      files,
    }),
  };
}
