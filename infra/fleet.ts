import * as digitalocean from "@pulumi/digitalocean";
import * as pulumi from "@pulumi/pulumi";
import { cloudInit } from "./cloudInit.ts";
import { firewallRules } from "./firewall.ts";
import { hostKey, publicKeyOf } from "./hostKeys.ts";

export interface FleetArgs {
  /** Droplets are named `<app>-<environment>-<n>`, counted from 1. */
  app: string;
  environment: string;
  size: number;
  dropletSize: string;
  image: string;
  region: string;
  /** Address ranges that may reach SSH. */
  operators: string[];
  /** Ports open to everybody. */
  ports: number[];
  tags: string[];
  ssh: { user: string; port: number; privateKey: string; hostKeySeed: string };
  /** A droplet of this environment is never deleted or replaced without being unprotected first. */
  protect: boolean;
  reservedAddress: boolean;
  /** A balancer in front of all hosts; what it asks them is how it knows which may get requests. */
  loadBalancer?: { ports: number[]; health: { port: number; path: string } } | undefined;
  /** The edge's first configuration, and its page. */
  edge?: { configuration: string; page: string } | undefined;
  /** Whether the hosts' engines make a cluster. */
  cluster?: boolean | undefined;
  dns?: { domain: string; names: string[]; createDomain: boolean } | undefined;
  /** Checks the environment from outside and watches the hosts' load. */
  watch?: { url: (address: string) => string; emails: string[] } | undefined;
}

/** A host as the rest of the program and the driver need it. */
export interface Host {
  name: string;
  address: pulumi.Output<string>;
  privateAddress: pulumi.Output<string>;
  /** Public host key as in `known_hosts`, without the name. */
  hostKey: string;
  droplet: digitalocean.Droplet;
}

/** The machines of one environment and what belongs to them at DigitalOcean. */
export class Fleet extends pulumi.ComponentResource {
  readonly hosts: readonly Host[];
  /** Where the public finds the environment: the load balancer, the reserved address, or the first host's. */
  readonly address: pulumi.Output<string>;

  constructor(name: string, args: FleetArgs, opts?: pulumi.ComponentResourceOptions) {
    super("liftlock:infra:Fleet", name, {}, opts);
    const parent = { parent: this };
    const label = `${args.app}-${args.environment}`;
    const deployer = publicKeyOf(args.ssh.privateKey, `${label} deploy`);
    const tags = [label, ...args.tags].map((tag) => new digitalocean.Tag(tag, { name: tag }, parent));
    const key = new digitalocean.SshKey(`${name}-deploy`, { name: label, publicKey: deployer }, parent);

    this.hosts = Array.from({ length: args.size }, (_, index): Host => {
      const hostName = `${label}-${index + 1}`;
      const ownKey = hostKey(args.ssh.hostKeySeed, hostName);
      const userData = cloudInit({
        hostName,
        hostKey: ownKey,
        user: args.ssh.user,
        authorizedKey: deployer,
        edge: args.edge,
        cluster: args.cluster,
      });
      const droplet = new digitalocean.Droplet(
        hostName,
        {
          name: hostName,
          region: args.region,
          size: args.dropletSize,
          image: args.image,
          sshKeys: [key.fingerprint],
          monitoring: true,
          tags: tags.map((tag) => tag.name),
          userData: pulumi.secret(userData),
        },
        // What only matters at the first boot must not replace a host that runs.
        { ...parent, protect: args.protect, ignoreChanges: ["image", "sshKeys", "userData"] },
      );
      return {
        name: hostName,
        address: droplet.ipv4Address,
        privateAddress: droplet.ipv4AddressPrivate,
        hostKey: ownKey.publicKey.split(" ").slice(0, 2).join(" "),
        droplet,
      };
    });
    const droplets = this.hosts.map((host) => host.droplet);

    new digitalocean.Firewall(
      `${name}-firewall`,
      {
        name: label,
        dropletIds: droplets.map((droplet) => droplet.id.apply(Number)),
        ...firewallRules({
          sshPort: args.ssh.port,
          operators: args.operators,
          ports: args.ports,
          tag: label,
          cluster: args.cluster,
        }),
      },
      { ...parent, dependsOn: tags },
    );
    this.address = this.publicAddress(name, args, droplets);
    this.dns(args);
    new digitalocean.Project(
      `${name}-project`,
      {
        name: label,
        description: `${args.app}, ${args.environment}`,
        purpose: "Web Application",
        environment:
          args.environment === "production"
            ? "Production"
            : args.environment === "staging"
              ? "Staging"
              : "Development",
        resources: droplets.map((droplet) => droplet.dropletUrn),
      },
      parent,
    );
    this.watch(name, label, args, droplets);
    this.registerOutputs({ address: this.address });
  }

  private publicAddress(
    name: string,
    args: FleetArgs,
    droplets: digitalocean.Droplet[],
  ): pulumi.Output<string> {
    const first = droplets[0];
    if (!first) return pulumi.output("");
    if (args.loadBalancer) return this.balancer(name, args, args.loadBalancer, droplets).ip;
    if (!args.reservedAddress) return first.ipv4Address;
    const reserved = new digitalocean.ReservedIp(
      `${name}-address`,
      { region: args.region },
      { parent: this, protect: args.protect },
    );
    new digitalocean.ReservedIpAssignment(
      `${name}-address`,
      { ipAddress: reserved.ipAddress, dropletId: first.id.apply(Number) },
      { parent: this },
    );
    return reserved.ipAddress;
  }

  /** Connections are handed on as they are: certificates belong to the edges. */
  private balancer(
    name: string,
    args: FleetArgs,
    { ports, health }: NonNullable<FleetArgs["loadBalancer"]>,
    droplets: digitalocean.Droplet[],
  ): digitalocean.LoadBalancer {
    return new digitalocean.LoadBalancer(
      `${name}-balancer`,
      {
        name: `${args.app}-${args.environment}`,
        region: args.region,
        dropletIds: droplets.map((droplet) => droplet.id.apply(Number)),
        forwardingRules: ports.map((port) => ({
          entryProtocol: "tcp",
          entryPort: port,
          targetProtocol: "tcp",
          targetPort: port,
        })),
        // The shortest times that DigitalOcean takes: a host that is lost is left after six seconds.
        healthcheck: {
          protocol: "http",
          ...health,
          checkIntervalSeconds: 3,
          responseTimeoutSeconds: 3,
          unhealthyThreshold: 2,
          healthyThreshold: 2,
        },
      },
      { parent: this, protect: args.protect },
    );
  }

  private dns(args: FleetArgs): void {
    if (!args.dns) return;
    const { domain, names, createDomain } = args.dns;
    const parent = createDomain
      ? [new digitalocean.Domain(domain, { name: domain }, { parent: this, protect: args.protect })]
      : [];
    for (const record of names)
      new digitalocean.DnsRecord(
        `${record}.${domain}`,
        { domain, type: "A", name: record, value: this.address, ttl: 60 },
        { parent: this, dependsOn: parent },
      );
  }

  private watch(name: string, label: string, args: FleetArgs, droplets: digitalocean.Droplet[]): void {
    if (!args.watch) return;
    const { url, emails } = args.watch;
    const check = new digitalocean.UptimeCheck(
      `${name}-uptime`,
      { name: label, type: "http", target: this.address.apply(url), regions: ["us_east", "eu_west"] },
      { parent: this },
    );
    new digitalocean.UptimeAlert(
      `${name}-down`,
      {
        name: `${label} is down`,
        checkId: check.id,
        type: "down",
        period: "2m",
        notifications: [{ emails }],
      },
      { parent: this },
    );
    new digitalocean.MonitorAlert(
      `${name}-load`,
      {
        description: `${label}: CPU above 90 %`,
        type: "v1/insights/droplet/cpu",
        compare: "GreaterThan",
        value: 90,
        window: "5m",
        enabled: true,
        entities: droplets.map((droplet) => droplet.id),
        alerts: { emails },
      },
      { parent: this },
    );
  }
}
