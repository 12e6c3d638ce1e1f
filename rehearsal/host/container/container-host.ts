/** One host: a container with systemd, cloud-init, sshd and a container engine of its own. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { DropletSpec } from "../platform.ts";
import { untilSshAnswers } from "./answering.ts";
import { HostDisk } from "./disk.ts";
import { type DockerApi, isOlder } from "./docker-api.ts";
import { ContainerFailure } from "./failure.ts";
import { hostImage } from "./image.ts";
import type { Labels } from "./labels.ts";
import { Link } from "./link.ts";
import { logFolder, sshdLog } from "./recipe.ts";
import { seedArchive, type TrustedRegistries } from "./seed.ts";
import { countSessions, type Sessions } from "./sessions.ts";

/** What all hosts of a world share. */
export interface HostSurroundings {
  api: DockerApi;
  /** Random name of the world: part of every name at the engine. */
  world: string;
  /** The world's network at the engine, and its addresses: `10.77.3.0/24`. */
  network: string;
  range: string;
  labels: Labels;
  /** Folder in which each host has its own. */
  directory: string;
  registries: TrustedRegistries;
}

/** Milliseconds. Four hosts that boot at once on two cores need 5 s. */
const bootTime = 120_000;

/**
 * systemd wants control groups of the second version, also where the engine has given it those of the first. Some engines add a route and
 * a name server that lead nowhere: with one that refuses, and no route, who asks for something outside is told so at once.
 */
const start = [
  "umount -R /sys/fs/cgroup",
  "mount -t cgroup2 cgroup2 /sys/fs/cgroup || exit",
  "ip route delete default",
  "echo nameserver 127.0.0.1 >/etc/resolv.conf",
  "exec /sbin/init",
].join("; ");

/** The one that engines derive from an address; fixed, because neighbours remember for a while whose an address was. */
const macAddress = (address: string) =>
  ["02", "42", ...address.split(".").map((part) => Number(part).toString(16).padStart(2, "0"))].join(":");

/** The container, as the engine's API describes one. https://docs.docker.com/reference/api/engine/version/v1.47/#tag/Container/operation/ContainerCreate */
function description(droplet: DropletSpec, disk: HostDisk, around: HostSurroundings) {
  const mac = macAddress(droplet.address);
  const endpoint = { IPAMConfig: { IPv4Address: droplet.address } };
  const perNetwork = !isOlder(around.api.version, "1.44");
  return {
    Image: hostImage,
    Hostname: droplet.name,
    Env: ["container=docker"],
    Entrypoint: ["/bin/sh", "-c", start],
    Labels: around.labels,
    ...(perNetwork ? {} : { MacAddress: mac }),
    NetworkingConfig: {
      EndpointsConfig: { [around.network]: perNetwork ? { ...endpoint, MacAddress: mac } : endpoint },
    },
    HostConfig: {
      NetworkMode: around.network,
      Binds: [...disk.binds, `${disk.log}:${logFolder}`],
      CapAdd: ["SYS_ADMIN", "NET_ADMIN"],
      CgroupnsMode: "private",
      // What "systempaths=unconfined" of the command line stands for.
      MaskedPaths: [],
      ReadonlyPaths: [],
      SecurityOpt: ["seccomp=unconfined", "apparmor=unconfined"],
    },
  };
}

const created = z.object({ Id: z.string() });

export class ContainerHost {
  readonly droplet: DropletSpec;
  private readonly around: HostSurroundings;
  private readonly disk: HostDisk;
  private readonly link: Link;
  private readonly container: string;
  private readonly waiting = new AbortController();

  constructor(droplet: DropletSpec, around: HostSurroundings) {
    this.droplet = droplet;
    this.around = around;
    this.container = `liftlock-${around.world}-${droplet.id}-${droplet.name}`;
    this.disk = new HostDisk(join(around.directory, `${droplet.id}-${droplet.name}`));
    const beside = { container: this.container, labels: around.labels };
    this.link = new Link(around.api, beside, around.range);
  }

  get name(): string {
    return this.droplet.name;
  }

  /** Makes the host and switches it on. @throws ContainerFailure */
  async create(): Promise<void> {
    const { api, registries } = this.around;
    await this.disk.create();
    await api.read(created, {
      method: "POST",
      path: `/containers/create?name=${this.container}`,
      json: description(this.droplet, this.disk, this.around),
    });
    await api.ask({
      method: "PUT",
      path: `/containers/${this.container}/archive?path=/`,
      body: await seedArchive(this.droplet, registries),
    });
    await this.start();
    await this.answering();
  }

  /** As if the plug were pulled: nothing is told, nothing waits. */
  async powerOff(): Promise<void> {
    // 409: it is off.
    await this.ask("POST", "/kill", [409]);
    await this.ask("POST", "/wait");
    await this.link.powerLost();
  }

  /** Resolves when SSH answers, or, if the host is cut off, when it has been started. @throws ContainerFailure */
  async powerOn(): Promise<void> {
    await this.start();
    await this.link.powerIsBack();
    if (!this.link.isCut) await this.answering();
  }

  async erase(): Promise<void> {
    this.waiting.abort();
    await this.link.powerLost();
    await this.around.api.ask({
      method: "DELETE",
      path: `/containers/${this.container}?force=1&v=1`,
      also: [404, 409],
    });
    await this.disk.erase();
  }

  assignAddress(address: string): Promise<void> {
    return this.link.assign(address);
  }

  unassignAddress(address: string): Promise<void> {
    return this.link.unassign(address);
  }

  /** Cuts the host off the network: packets are dropped both ways, nothing is refused. Lasts over a power cycle. */
  cutOff(): Promise<void> {
    return this.link.cut();
  }

  /** Ends `cutOff`. */
  reconnect(): Promise<void> {
    return this.link.mend();
  }

  /**
   * Adds so many milliseconds to each way, so twice as many to every round trip; in place of what was added before. Lasts over a power
   * cycle.
   */
  slowDown(milliseconds: number): Promise<void> {
    return this.link.slow(milliseconds);
  }

  /** Ends `slowDown`. */
  speedUp(): Promise<void> {
    return this.link.slow(0);
  }

  /** Takes the space that is left for images, containers and homes: writing fails with ENOSPC. Lasts over a power cycle. */
  fillDisk(): Promise<void> {
    return this.disk.fill();
  }

  /** Ends `fillDisk`. */
  freeDisk(): Promise<void> {
    return this.disk.empty();
  }

  /** @throws ContainerFailure `FaultUnsupported`: always */
  skewClock(): never {
    throw new ContainerFailure(
      "FaultUnsupported",
      "a container's wall clock is the machine's: time namespaces shift the monotonic and the boot clock only (time_namespaces(7))",
      { hint: "Rehearse clock skew on the driver's side, or on a virtual machine." },
    );
  }

  /** Counted since the host was created, from what its sshd has logged; the last few milliseconds may be missing. */
  async sessions(): Promise<Sessions> {
    return countSessions(await readFile(join(this.disk.log, sshdLog), "utf8").catch(() => ""));
  }

  private async start(): Promise<void> {
    // 304: it is on.
    await this.ask("POST", "/start", [304]);
  }

  private async answering(): Promise<void> {
    const { address } = this.droplet;
    const { signal } = this.waiting;
    if (await untilSshAnswers(address, { within: bootTime, signal })) return;
    throw new ContainerFailure(
      "BootTimedOut",
      `${this.name} did not answer SSH at ${address}:22 within ${bootTime / 1000} s`,
      { hint: `docker logs ${this.container}` },
    );
  }

  private async ask(method: "POST", path: string, also: readonly number[] = []): Promise<void> {
    await this.around.api.ask({ method, path: `/containers/${this.container}${path}`, also });
  }
}
