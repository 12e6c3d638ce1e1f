import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type ComposeFile, mountedVolumes, parseComposeFile } from "../infra/composeFile.ts";
import { verifyEdge } from "../infra/edge.ts";
import { verifyEnvironment } from "../infra/environmentFile.ts";
import { steersShell, verifyStack } from "../infra/stackFile.ts";
import { defaultStrategy, type Strategy } from "../src/plan/strategy.ts";
import { Failure } from "../src/release/failure.ts";
import { type Problem, problemsFailure } from "../src/release/problems.ts";
import type { Release } from "../src/release/release.ts";
import type { StackConfig } from "./config.ts";

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
  if (config.backups) verifyBackups(config.backups, compose, `Pulumi.${stack}.yaml`);
  return compose;
}

/** Holds what is to be backed up against the compose file. @throws Failure `ConfigInvalid` */
function verifyBackups(
  { databases, volumes }: NonNullable<StackConfig["backups"]>,
  compose: ComposeFile,
  place: string,
): void {
  const live = mountedVolumes(
    compose,
    databases.map(({ service }) => service),
  );
  const problems: Problem[] = [
    ...databases
      .map(({ service }, index) => ({ path: `liftlock:backups.databases.${index}.service`, service }))
      .filter(({ service }) => !compose.stateful.includes(service))
      .map(({ path, service }) => ({
        path,
        message: `the compose file has no data service ${service} (profile data)`,
      })),
    ...volumes
      .map((volume, index) => ({ path: `liftlock:backups.volumes.${index}`, volume }))
      .filter(({ volume }) => !compose.volumes.includes(volume) || live.includes(volume))
      .map(({ path, volume }) => ({
        path,
        message: live.includes(volume)
          ? `a running database writes to ${volume}, so its files are no backup; the dump under databases is`
          : `the compose file has no named volume ${volume} of its own`,
      })),
  ];
  if (databases.length + volumes.length === 0)
    problems.push({ path: "liftlock:backups", message: "expected a database or a volume to back up" });
  if (problems.length > 0) throw problemsFailure("ConfigInvalid", `The backups of ${place}`, problems);
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
