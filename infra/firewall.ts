import type * as digitalocean from "@pulumi/digitalocean";

const everybody = ["0.0.0.0/0", "::/0"];

export interface FirewallOptions {
  sshPort: number;
  /** Address ranges that may reach SSH. */
  operators: string[];
  /** Ports open to everybody. */
  ports: number[];
  /** Droplets with this tag reach each other on every port. */
  tag: string;
  /** They make a cluster of container engines. */
  cluster?: boolean | undefined;
}

/** Beside TCP: how nodes of a cluster find each other, and networks over several hosts (VXLAN). https://docs.docker.com/engine/swarm/swarm-tutorial/ */
const clusterPorts = [7946, 4789];

/** SSH for the operators, the public ports for everybody, everything among the environment's own hosts. */
export function firewallRules(
  o: FirewallOptions,
): Pick<digitalocean.FirewallArgs, "inboundRules" | "outboundRules"> {
  const outbound = (protocol: string) => ({
    protocol,
    portRange: "1-65535",
    destinationAddresses: everybody,
  });
  return {
    inboundRules: [
      { protocol: "tcp", portRange: String(o.sshPort), sourceAddresses: o.operators },
      ...o.ports.map((port) => ({ protocol: "tcp", portRange: String(port), sourceAddresses: everybody })),
      { protocol: "tcp", portRange: "1-65535", sourceTags: [o.tag] },
      ...(o.cluster ? clusterPorts : []).map((port) => ({
        protocol: "udp",
        portRange: String(port),
        sourceTags: [o.tag],
      })),
    ],
    outboundRules: [outbound("tcp"), outbound("udp"), { protocol: "icmp", destinationAddresses: everybody }],
  };
}
