import type { Package } from "../provider.ts";
import { sshKey, tag } from "./account.ts";
import { apiUrlOf } from "./client.ts";
import { dnsRecord, domain } from "./dns.ts";
import { droplet } from "./droplet.ts";
import { firewall } from "./firewall.ts";
import { loadBalancer } from "./load-balancer.ts";
import { monitorAlert, uptimeAlert, uptimeCheck } from "./monitoring.ts";
import { project, projectResources } from "./project.ts";
import { reservedIp, reservedIpAssignment } from "./reserved-ip.ts";

/** `@pulumi/digitalocean`, as far as a rehearsal goes. */
export const digitalocean: Package = {
  verify: (config) => void apiUrlOf(config),
  resources: {
    "digitalocean:index/sshKey:SshKey": sshKey,
    "digitalocean:index/droplet:Droplet": droplet,
    "digitalocean:index/firewall:Firewall": firewall,
    "digitalocean:index/reservedIp:ReservedIp": reservedIp,
    "digitalocean:index/reservedIpAssignment:ReservedIpAssignment": reservedIpAssignment,
    "digitalocean:index/domain:Domain": domain,
    "digitalocean:index/dnsRecord:DnsRecord": dnsRecord,
    "digitalocean:index/project:Project": project,
    "digitalocean:index/projectResources:ProjectResources": projectResources,
    "digitalocean:index/uptimeCheck:UptimeCheck": uptimeCheck,
    "digitalocean:index/uptimeAlert:UptimeAlert": uptimeAlert,
    "digitalocean:index/monitorAlert:MonitorAlert": monitorAlert,
    "digitalocean:index/tag:Tag": tag,
    "digitalocean:index/loadBalancer:LoadBalancer": loadBalancer,
  },
};
