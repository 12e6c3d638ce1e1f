import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { ComposeDeployment, type ComposeDeploymentArgs } from "../infra/compose.ts";
import { type ComposeFile, parseComposeFile } from "../infra/composeFile.ts";
import { edgeConfiguration, maintenancePage, verifyEdge } from "../infra/edge.ts";
import { verifyEnvironment } from "../infra/environmentFile.ts";
import { Fleet } from "../infra/fleet.ts";
import { ImageReference, registryProvider } from "../infra/image.ts";
import type { DeployedFiles, EdgePayload } from "../infra/payload.ts";
import { RepositoryAccess } from "../infra/repository.ts";
import { steersShell, verifyStack } from "../infra/stackFile.ts";
import { SwarmDeployment } from "../infra/swarm.ts";
import { defaultStrategy, hostCount, type Strategy } from "../src/plan/strategy.ts";
import { Failure } from "../src/release/failure.ts";
import { type Problem, problemsFailure } from "../src/release/problems.ts";
import { type Release, releaseId } from "../src/release/release.ts";
import type { StackConfig } from "./config.ts";
import { hostRegistry } from "./hostRegistry.ts";

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

/** How a release takes the place of another here. */
export const strategyOf = ({ edge, strategy }: StackConfig): Strategy => strategy ?? defaultStrategy(edge);

const root = join(import.meta.dirname, "..");

/** Reads the application's compose file and holds the stack's variables against it. */
export function readApplication(stack: string, config: StackConfig, directory = root): ComposeFile {
  const [composePlace, templatePlace] = ["app/compose.yaml", `app/.env.${stack}.example`];
  const [composePath, templatePath] = [join(directory, composePlace), join(directory, templatePlace)];
  for (const [path, place] of [
    [composePath, composePlace],
    [templatePath, templatePlace],
  ] as const)
    if (!existsSync(path))
      throw new Failure({
        code: "ConfigInvalid",
        message: `expected the application's ${place}, found none`,
        hint: `Copy app/ from the repository, or write ${place}.`,
        fault: "user",
      });
  const compose = parseComposeFile(readFileSync(composePath, "utf8"), composePlace);
  verifyEnvironment({
    compose,
    template: { text: readFileSync(templatePath, "utf8"), place: templatePlace },
    configured: [...Object.keys(config.environment.variables), ...Object.keys(config.environment.secrets)],
    place: `Pulumi.${stack}.yaml`,
  });
  if (config.edge)
    verifyEdge(config.edge, compose, strategyOf(config).type !== "recreate", `Pulumi.${stack}.yaml`);
  if (config.runtime.type === "swarm") verifyCluster(config, compose, `Pulumi.${stack}.yaml`);
  return compose;
}

/** Holds a cluster's configuration against itself and the compose file. @throws Failure `ConfigInvalid` */
function verifyCluster(config: StackConfig, compose: ComposeFile, place: string): void {
  const { runtime, fleet, edge } = config;
  const { type: strategy } = strategyOf(config);
  const problems: (Problem | false)[] = [
    edge !== undefined && {
      path: "liftlock:edge",
      message:
        "a host's edge knows its own host's containers only; in a cluster the cluster moves the traffic",
    },
    strategy !== "recreate" && {
      path: "liftlock:strategy",
      message: `${strategy} needs an edge, which a cluster has not: a cluster replaces task after task by itself (recreate)`,
    },
    runtime.managers % 2 === 0 && {
      path: "liftlock:runtime.managers",
      message: `expected an odd number, got ${runtime.managers}: one more than an odd number outlives no loss more`,
    },
    runtime.managers > fleet.size && {
      path: "liftlock:runtime.managers",
      message: `${runtime.managers}, but liftlock:fleet.size is ${fleet.size}`,
    },
    ...[...compose.required, ...compose.optional].filter(steersShell).map((name) => ({
      path: `liftlock:environment.variables.${name}`,
      message:
        "would steer the engine's own client on the host, which takes values from its environment; rename it",
    })),
  ];
  const found = problems.filter((problem) => problem !== false);
  if (found.length > 0) throw problemsFailure("ConfigInvalid", `The cluster of ${place}`, found);
  verifyStack(compose, { hosts: fleet.size, ...runtime }, place);
}

/** A release has exactly one image for each service and job of the compose file. @throws Failure `ConfigInvalid` */
export function verifyImages(release: Release, compose: ComposeFile, place: string): void {
  const promoted = [...compose.services, ...compose.jobs];
  const problems: Problem[] = [
    ...promoted
      .filter((name) => !(name in release.images))
      .map((name) => ({ path: `images.${name}`, message: "missing; the compose file has this service" })),
    ...Object.keys(release.images)
      .filter((name) => !promoted.includes(name))
      .map((name) => ({
        path: `images.${name}`,
        message: "the compose file has no such service to promote",
      })),
  ];
  if (problems.length > 0)
    throw problemsFailure("ConfigInvalid", `Release ${release.version} in ${place}`, problems);
}

/** What every host gets of the edge. */
function edgeOf(config: StackConfig): EdgePayload | undefined {
  const { edge, rollout } = config;
  return (
    edge && {
      ...edge,
      configuration: edgeConfiguration(edge),
      page: edge.maintenance ?? maintenancePage,
      tls: edge.tls && `${edge.tls.certificate.trim()}\n${edge.tls.key.trim()}\n`,
      beside: strategyOf(config).type !== "recreate",
      traffic: rollout.traffic,
    }
  );
}

/** The edge of a host on which nothing has been deployed. Certificates come with the first deployment. */
const firstEdgeOf = ({ edge }: StackConfig) =>
  edge && {
    configuration: edgeConfiguration({ ...edge, tls: undefined }),
    page: edge.maintenance ?? maintenancePage,
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
