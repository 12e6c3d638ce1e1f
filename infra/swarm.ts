import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { ComposeDeploymentArgs } from "./compose.ts";
import type { Host } from "./fleet.ts";
import { hostCommand } from "./hostCommand.ts";
import { type DeployedFiles, deployedFiles, memberPayload, type PayloadInput, payload } from "./payload.ts";
import { shellVariables, stackFiles } from "./stackFile.ts";

export interface SwarmDeploymentArgs extends Omit<ComposeDeploymentArgs, "edge" | "wave"> {
  /** Hosts that manage the cluster, counted from the first. */
  managers: number;
  /** How services are found: by an address of their own, or by those of their tasks. */
  endpoint: "vip" | "dnsrr";
  /** Services of which one may run at a time. */
  once: readonly string[];
}

const read = (name: string) => readFileSync(join(import.meta.dirname, "host", `${name}.sh`), "utf8");
const script = (name: string) => `${read("lib")}\n${read(name)}`;

const base64 = (text: string) => Buffer.from(text).toString("base64");

/** One script's part in a deployment. */
interface Part {
  script: string;
  /** What is run when the resource is removed. */
  removal?: string;
  /** What the script reads. */
  stdin: pulumi.Input<string>;
  dependsOn: pulumi.Resource[];
}

/** Where the others find the cluster, as `cluster.sh` prints it; nothing in a preview, where it has not run. */
const membership = (printed: string | undefined): string[] =>
  (printed ?? "").split("\n").filter((line) => /^(?:id|token) /.test(line));

/**
 * The application on a cluster of an environment's container engines: the first host makes it, the others join, and the release is
 * deployed as a stack from the first. Jobs and stateful services run on the first host with compose, as they do without a cluster.
 */
export class SwarmDeployment extends pulumi.ComponentResource {
  /** Known once the whole cluster has the release: what depends on it is not exported by a failed update. */
  readonly done: pulumi.Output<unknown>;
  /** What is then on the hosts. Secret. */
  readonly files: pulumi.Output<DeployedFiles | undefined>;

  constructor(name: string, args: SwarmDeploymentArgs, opts?: pulumi.ComponentResourceOptions) {
    super("liftlock:infra:SwarmDeployment", name, {}, opts);
    const [first, ...others] = args.hosts;
    if (first === undefined) {
      this.done = pulumi.output(undefined);
      this.files = pulumi.output(undefined);
      this.registerOutputs({});
      return;
    }
    const input = this.input(args);
    const cluster = this.command("cluster", first, args, {
      script: script("cluster"),
      removal: script("leave"),
      stdin: pulumi
        .all([input, first.privateAddress])
        .apply(([given, address]) => memberPayload(given, [`address ${address}`])),
      dependsOn: [],
    });
    const joins = others.map((host) =>
      this.command(`join-${host.name}`, host, args, {
        script: script("join"),
        removal: script("leave"),
        stdin: pulumi
          .all([input, first.privateAddress, host.privateAddress, cluster.stdout])
          .apply(([given, manager, address, printed]) =>
            memberPayload(given, [
              ...membership(printed),
              `manager ${manager}`,
              `address ${address}`,
              ...args.compose.services.map((service) => `image ${given.images[service]}`),
            ]),
          ),
        dependsOn: [cluster],
      }),
    );
    const members = [cluster, ...joins];
    const migration =
      args.compose.jobs.length > 0
        ? [
            this.command("migrate", first, args, {
              script: script("migrate"),
              stdin: input.apply(payload),
              dependsOn: members,
            }),
          ]
        : [];
    const deployment = this.command("deploy", first, args, {
      script: script("stack"),
      removal: script("unstack"),
      stdin: input.apply((given) => payload({ ...given, cluster: this.stackLines(args, given) })),
      dependsOn: [...members, ...migration],
    });
    this.files = pulumi.secret(input.apply(deployedFiles));
    this.done = deployment.id;
    this.registerOutputs({});
  }

  /** What follows from what the cluster is to run. */
  private input(args: SwarmDeploymentArgs): pulumi.Output<PayloadInput> {
    return pulumi
      .all([pulumi.all({ ...args.images }), pulumi.all({ ...args.variables })])
      .apply(([images, variables]) => ({
        ...args,
        images,
        environment: { ...variables, ...args.secrets },
        stateful: true,
      }));
  }

  /** What `stack.sh` reads besides. */
  private stackLines(args: SwarmDeploymentArgs, { images, environment }: PayloadInput): string[] {
    const { endpoint, once, hosts, compose } = args;
    const files = stackFiles(compose, { hosts: hosts.length, endpoint, once });
    return [
      `managers ${args.managers}`,
      ...hosts.map((host) => `node ${host.name}`),
      ...Object.entries(files.tasks).map(([service, count]) => `task ${service} ${count} ${images[service]}`),
      `stack ${base64(files.compose)}`,
      `swarm ${base64(files.swarm)}`,
      `variables ${base64(shellVariables(environment))}`,
    ];
  }

  private command(name: string, host: Host, { ssh }: SwarmDeploymentArgs, part: Part): remote.Command {
    return hostCommand(this, name, { host, ssh, ...part });
  }
}
