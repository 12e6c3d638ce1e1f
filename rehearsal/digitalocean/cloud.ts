/** The state of the imitated account, and what concerns several kinds of resources at once. */
import { randomUUID } from "node:crypto";
import type { HostPlatform } from "../host/platform.ts";
import type {
  Action,
  Domain,
  Droplet,
  Firewall,
  LoadBalancer,
  Problem,
  Project,
  ReservedIp,
  SshKey,
  UptimeCheck,
  Volume,
} from "./model.ts";

export interface CloudOptions {
  platform: HostPlatform;
  /** Added to every act that takes time on the real service: how long it seems to take at least. */
  paceMilliseconds: number;
  /** How many droplets the account may have. */
  dropletLimit: number;
  /** How many milliseconds a second of load balancers' health checks takes. */
  checkSecondMilliseconds: number;
}

/** The account. Tests read it; only the routes write to it. */
export class Cloud {
  readonly options: CloudOptions;
  readonly keys = new Map<number, SshKey>();
  readonly droplets = new Map<number, Droplet>();
  readonly actions = new Map<number, Action>();
  readonly tags = new Set<string>();
  readonly firewalls = new Map<string, Firewall>();
  readonly reservedIps = new Map<string, ReservedIp>();
  readonly domains = new Map<string, Domain>();
  readonly projects = new Map<string, Project>();
  readonly volumes = new Map<string, Volume>();
  readonly checks = new Map<string, UptimeCheck>();
  readonly monitorAlerts = new Map<string, Record<string, unknown>>();
  readonly loadBalancers = new Map<string, LoadBalancer>();
  /** What the platform could not do, oldest first. */
  readonly problems: Problem[] = [];
  private last = 1000;

  constructor(options: CloudOptions) {
    this.options = options;
    this.addProject({ name: "first-project", purpose: "Web Application", isDefault: true });
  }

  /** A number that nothing else in this account has. */
  nextId(): number {
    this.last += 1;
    return this.last;
  }

  /** The time as the API writes it. */
  now(): string {
    return new Date().toISOString().replace(/\.\d+Z$/, "Z");
  }

  addProject(given: { name: string; purpose: string } & Partial<Project>): Project {
    const at = this.now();
    const project: Project = {
      id: randomUUID(),
      description: "",
      environment: "",
      isDefault: false,
      createdAt: at,
      updatedAt: at,
      resources: new Map(),
      ...given,
    };
    this.projects.set(project.id, project);
    return project;
  }

  /** The project that new resources belong to. */
  get defaultProject(): Project {
    const known = [...this.projects.values()].find(({ isDefault }) => isDefault);
    return known ?? this.addProject({ name: "first-project", purpose: "Web Application", isDefault: true });
  }

  /** Moves a resource to a project; out of every other. */
  assign(urn: string, project: Project = this.defaultProject): void {
    this.release(urn);
    project.resources.set(urn, this.now());
  }

  /** The project that a resource belongs to. */
  projectOf(urn: string): Project {
    return [...this.projects.values()].find(({ resources }) => resources.has(urn)) ?? this.defaultProject;
  }

  /** Takes a resource out of all projects. */
  release(urn: string): void {
    for (const project of this.projects.values()) project.resources.delete(urn);
  }

  /** Forgets a droplet everywhere. */
  forgetDroplet(id: number): void {
    this.droplets.delete(id);
    this.release(`do:droplet:${id}`);
    const others = (ids: number[]) => ids.filter((other) => other !== id);
    for (const firewall of this.firewalls.values()) firewall.droplet_ids = others(firewall.droplet_ids);
    for (const { body } of this.loadBalancers.values()) body.droplet_ids = others(body.droplet_ids);
    for (const volume of this.volumes.values()) volume.droplet_ids = others(volume.droplet_ids);
    for (const reserved of this.reservedIps.values())
      if (reserved.droplet === id) reserved.droplet = undefined;
  }
}
