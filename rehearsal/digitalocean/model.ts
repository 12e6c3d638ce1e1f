/** What the imitated DigitalOcean account holds. */
import type { Balancer } from "./balancing/balancer.ts";
import type { Size } from "./catalogue.ts";

export interface SshKey {
  id: number;
  name: string;
  public_key: string;
  fingerprint: string;
}

export interface Droplet {
  id: number;
  name: string;
  status: "new" | "active" | "off";
  /** True while an action is under way. */
  locked: boolean;
  createdAt: string;
  region: string;
  size: Size;
  /** GiB; may stay smaller than the size's when only memory and processors were resized. */
  disk: number;
  image: string;
  features: Set<string>;
  tags: Set<string>;
  volumes: Set<string>;
  vpc: string;
  /** Where the platform serves it. */
  address: string;
  userData: string;
}

/** As the API shows it; kept in this form. */
export interface Action {
  id: number;
  status: "in-progress" | "completed" | "errored";
  type: string;
  started_at: string;
  completed_at: string | null;
  resource_id: number;
  resource_type: string;
  region: unknown;
  region_slug: string;
}

export interface ReservedIp {
  ip: string;
  region: string;
  droplet: number | undefined;
  /** True while it is being assigned or unassigned. */
  locked: boolean;
}

export interface DomainRecord {
  id: number;
  type: string;
  name: string;
  data: string;
  priority: number | null;
  port: number | null;
  ttl: number;
  weight: number | null;
  flags: number | null;
  tag: string | null;
}

export interface Domain {
  name: string;
  ttl: number;
  records: Map<number, DomainRecord>;
}

export interface Project {
  id: string;
  name: string;
  purpose: string;
  description: string;
  environment: string;
  isDefault: boolean;
  createdAt: string;
  updatedAt: string;
  /** Uniform resource names such as `do:droplet:1`, with when they were assigned. */
  resources: Map<string, string>;
}

export interface Volume {
  id: string;
  name: string;
  region: string;
  size_gigabytes: number;
  description: string;
  filesystem_type: string;
  filesystem_label: string;
  created_at: string;
  tags: string[];
  droplet_ids: number[];
}

export interface Firewall {
  id: string;
  name: string;
  created_at: string;
  inbound_rules: unknown[];
  outbound_rules: unknown[];
  droplet_ids: number[];
  tags: string[];
}

export interface UptimeCheck {
  id: string;
  body: Record<string, unknown>;
  alerts: Map<string, Record<string, unknown>>;
}

export interface LoadBalancer {
  id: string;
  ip: string;
  createdAt: string;
  /** `new` until it listens, `errored` when it cannot. */
  status: "new" | "active" | "errored";
  balancer: Balancer;
  body: Record<string, unknown> & { name: string; droplet_ids: number[] };
}

/** Something the platform could not do for us. */
export interface Problem {
  /** 0 when it is about no droplet. */
  droplet: number;
  doing: string;
  message: string;
}
