import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Release } from "../src/release/release.ts";
import type { ComposeFile } from "./composeFile.ts";
import type { Host } from "./fleet.ts";
import { hostCommand } from "./hostCommand.ts";
import {
  type DeployedFiles,
  deployedFiles,
  type EdgePayload,
  lonePayload,
  type PayloadInput,
  payload,
  switchPayload,
} from "./payload.ts";

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
  /** The edge on every host, and how releases change behind it; absent: releases replace each other in place. */
  edge?: EdgePayload | undefined;
  /**
   * How many hosts get the release in this update, counted from the first, and what the others run: nothing is done to those that
   * exist.
   */
  wave: { hosts: number; stable: Stable | undefined };
}

/** The release of the hosts whose turn has not come. */
export interface Stable {
  release: Release;
  images: Readonly<Record<string, pulumi.Input<string>>>;
}

const read = (name: string) => readFileSync(join(import.meta.dirname, "host", `${name}.sh`), "utf8");
const script = (name: string) => `${read("lib")}\n${read(name)}`;

/** One script's part in a deployment. */
interface Part {
  script: string;
  /** What is run when the resource is removed. */
  removal?: string;
  /** What the script reads. */
  payload: (input: PayloadInput) => string;
}

/** Brings the release to a host. One that has no other to wait for moves its traffic at once, over the same connection. */
function deployPart(hosts: number, edge: EdgePayload | undefined): Part {
  const removal = script("remove");
  if (!edge) return { script: script("deploy"), removal, payload };
  if (hosts > 1) return { script: script("slot"), removal, payload };
  return {
    script: `${script("slot")}\n${read("switch")}`,
    removal,
    payload: (input) => lonePayload(input, edge),
  };
}

/**
 * The application on each host of an environment, updated in place. The release's migrations run once, on the first
 * host, and every host waits for them.
 */
export class ComposeDeployment extends pulumi.ComponentResource {
  /** Known once every host has the release: what depends on it is not exported by a failed update. */
  readonly done: pulumi.Output<unknown>;
  /** What is then on the hosts. Secret. */
  readonly files: pulumi.Output<DeployedFiles | undefined>;

  constructor(name: string, args: ComposeDeploymentArgs, opts?: pulumi.ComponentResourceOptions) {
    super("liftlock:infra:ComposeDeployment", name, {}, opts);
    const first = args.hosts[0];
    if (first === undefined) {
      this.done = pulumi.output(undefined);
      this.files = pulumi.output(undefined);
      this.registerOutputs({});
      return;
    }
    const { edge } = args;
    const migrate = { script: script("migrate"), payload };
    const deploy = deployPart(args.hosts.length, edge);
    const migration = args.compose.jobs.length > 0 ? [this.command("migrate", migrate, first, args, [])] : [];
    const deployments = args.hosts.map((host) =>
      this.command(`deploy-${host.name}`, deploy, host, args, migration),
    );
    // Nowhere does traffic move before every host has proven the release.
    const move = edge &&
      args.hosts.length > 1 && {
        script: script("switch"),
        payload: (input: PayloadInput) => switchPayload(input, edge),
      };
    const switches = args.hosts.flatMap((host) =>
      move ? [this.command(`switch-${host.name}`, move, host, args, deployments)] : [],
    );
    this.files = pulumi.secret(this.input(first, args, deployedFiles));
    this.done = pulumi.all([...deployments, ...switches].map((resource) => resource.id));
    this.registerOutputs({});
  }

  /** What follows from what a host is to run. */
  private input<T>(
    host: Host,
    args: ComposeDeploymentArgs,
    make: (input: PayloadInput) => T,
  ): pulumi.Output<T> {
    const index = args.hosts.indexOf(host);
    const { release, images } = (index >= args.wave.hosts ? args.wave.stable : undefined) ?? args;
    return pulumi
      .all([pulumi.all({ ...images }), pulumi.all({ ...args.variables })])
      .apply(([pinned, variables]) =>
        make({
          ...args,
          release,
          images: pinned,
          environment: { ...variables, ...args.secrets },
          stateful: index === 0,
        }),
      );
  }

  private command(
    name: string,
    { script, removal, payload: text }: Part,
    host: Host,
    args: ComposeDeploymentArgs,
    dependsOn: pulumi.Resource[],
  ): remote.Command {
    return hostCommand(this, name, {
      host,
      ssh: args.ssh,
      script,
      removal,
      stdin: this.input(host, args, text),
      dependsOn,
      untouched: args.hosts.indexOf(host) >= args.wave.hosts,
    });
  }
}
