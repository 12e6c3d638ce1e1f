import { type PublishedPort, publishedPorts } from "../../infra/publishedPorts.ts";
import type { StackConfig } from "../../stacks/config.ts";
import { clusterPorts, type DeclaredPort, isPublicAddress } from "../plan/exposure.ts";
import type { Input } from "./ports.ts";

const tcp = (port: number): DeclaredPort => ({ protocol: "tcp", port });

/** One that is published on an address of its own network, or on loopback, is not declared for everybody. */
export const isPublic = ({ address }: PublishedPort): boolean =>
  address === undefined || (address !== "private" && isPublicAddress(address));

const ofEdge = ({ edge }: StackConfig): number[] =>
  edge ? [edge.port, ...(edge.tls ? [edge.tls.port] : [])] : [];

/** Ports that an environment's configuration and compose file say its hosts have, for all who can reach them. */
export const declaredPorts = ({ config, compose }: Pick<Input, "config" | "compose">): DeclaredPort[] => [
  tcp(config.ssh.port),
  ...config.fleet.ports.map(tcp),
  ...ofEdge(config).map(tcp),
  ...publishedPorts(compose, config.environment.variables).filter(isPublic),
  ...(config.runtime.type === "swarm" ? clusterPorts : []),
];
