import { readFileSync } from "node:fs";
import { join } from "node:path";
import { remote, type types } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Release } from "../src/release/release.ts";
import type { ComposeFile } from "./composeFile.ts";
import type { Host } from "./fleet.ts";
import { payload } from "./payload.ts";

export interface ComposeDeploymentArgs {
  app: string;
  hosts: readonly Host[];
  ssh: { user: string; port: number; privateKey: string };
  compose: ComposeFile;
  release: Release;
  /** Part of the input of every host: a new attempt always runs. */
  rollout: { attempt: number; mode: "forward" | "revert" };
  /** Pinned references by service, as proved by the registry. */
  images: Readonly<Record<string, pulumi.Input<string>>>;
  variables: Readonly<Record<string, pulumi.Input<string>>>;
  secrets: Readonly<Record<string, string>>;
  registry?: { server: string; username: string; token: string } | undefined;
  /** Seconds a service may take to become healthy. */
  waitSeconds: number;
  /** Seconds the migrations may take. */
  migrationSeconds: number;
}

const read = (name: string) => readFileSync(join(import.meta.dirname, "host", `${name}.sh`), "utf8");
const script = (name: string) => `${read("lib")}\n${read(name)}`;

/**
 * The application on each host of an environment, updated in place. The release's migrations run once, on the first
 * host, and every host waits for them.
 */
export class ComposeDeployment extends pulumi.ComponentResource {
  /** Known once every host has the release: what depends on it is not exported by a failed update. */
  readonly done: pulumi.Output<unknown>;

  constructor(name: string, args: ComposeDeploymentArgs, opts?: pulumi.ComponentResourceOptions) {
    super("liftlock:infra:ComposeDeployment", name, {}, opts);
    const first = args.hosts[0];
    if (first === undefined) {
      this.done = pulumi.output(undefined);
      this.registerOutputs({});
      return;
    }
    const migration =
      args.compose.jobs.length > 0
        ? [this.command("migrate", script("migrate"), undefined, first, true, args, [])]
        : [];
    const deployments = args.hosts.map((host, index) =>
      this.command(
        `deploy-${host.name}`,
        script("deploy"),
        script("remove"),
        host,
        index === 0,
        args,
        migration,
      ),
    );
    this.done = pulumi.all(deployments.map((deployment) => deployment.id));
    this.registerOutputs({});
  }

  /**
   * One script on one host. `update` is the same script: a deployment is never replaced, because the replaced one's
   * removal would hit the new release. Nothing a script prints is logged or kept in the clear.
   */
  private command(
    name: string,
    script: string,
    removal: string | undefined,
    host: Host,
    isFirst: boolean,
    args: ComposeDeploymentArgs,
    dependsOn: pulumi.Resource[],
  ): remote.Command {
    const connection: pulumi.Input<types.input.remote.ConnectionArgs> = {
      host: host.address,
      port: args.ssh.port,
      user: args.ssh.user,
      privateKey: pulumi.secret(args.ssh.privateKey),
      hostKey: host.hostKey,
    };
    const stdin = pulumi
      .all([pulumi.all({ ...args.images }), pulumi.all({ ...args.variables })])
      .apply(([images, variables]) =>
        payload({ ...args, images, environment: { ...variables, ...args.secrets }, stateful: isFirst }),
      );
    return new remote.Command(
      name,
      {
        connection,
        create: script,
        update: script,
        ...(removal !== undefined && { delete: removal }),
        stdin: pulumi.secret(stdin),
        addPreviousOutputInEnv: false,
        logging: remote.Logging.None,
      },
      {
        parent: this,
        dependsOn: [host.droplet, ...dependsOn],
        additionalSecretOutputs: ["stdout", "stderr"],
      },
    );
  }
}
