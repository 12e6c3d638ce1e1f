import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ContainerHosts } from "../host/container/container-hosts.ts";
import { newAuthority } from "../registry/tls/authority.ts";
import type { Site } from "./site.ts";
import { trustAuthority } from "./trust.ts";

/** Certificates that processes trust besides their own: those they were told of before, and one more. */
function writeCertificates(file: string, certificate: string): void {
  const before = process.env["NODE_EXTRA_CA_CERTS"];
  writeFileSync(file, `${before ? `${readFileSync(before, "utf8").trimEnd()}\n` : ""}${certificate}`);
}

/**
 * Hosts that are containers of this machine's engine, in a network of their own. What they ask listens at this machine's address there, and
 * since that is no loopback address, engines and driver want TLS.
 * @throws ContainerFailure
 */
export async function containerSite(directory: string): Promise<Site<ContainerHosts>> {
  const hosts = await ContainerHosts.start({ directory: join(directory, "hosts") });
  const authority = newAuthority();
  const certificates = join(directory, "authorities.pem");
  writeCertificates(certificates, authority.certificate);
  // What runs in this process is told by no environment variable.
  trustAuthority(authority.certificate);
  return {
    hosts,
    ports: { ssh: 22, http: 80 },
    operators: hosts.network,
    registry: { address: hosts.gateway, tls: authority.issue(hosts.gateway) },
    registryIsUp: (host) => hosts.trust(host, authority.certificate),
    environment: { NODE_EXTRA_CA_CERTS: certificates },
    authority: authority.certificate,
    busybox: hosts.busybox,
  };
}
