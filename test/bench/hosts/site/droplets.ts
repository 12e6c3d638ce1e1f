/** The site that is measured: a world whose droplets are containers, and the product that acts on it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ContainerHost } from "../../../../rehearsal/host/container/container-host.ts";
import type { ContainerHosts } from "../../../../rehearsal/host/container/container-hosts.ts";
import type { ReleaseFile } from "../../../../rehearsal/world/release.ts";
import { startWorld, type World } from "../../../../rehearsal/world/world.ts";
import { BenchFailure } from "../../failure.ts";
import { buildRelease, type Make } from "../image/release.ts";
import { front, writeApplication } from "./application.ts";
import { type CommandOptions, type Ran, run } from "./command.ts";
import { configure, configureApplication, copyProduct, useProduct } from "./project.ts";

/** A production host, for those who ask it. */
export interface Droplet {
  name: string;
  address: string;
}

/** What `promotion.finished` says. */
export interface Finished {
  status: string;
  seconds: number;
  steps: { name: string; seconds: number; own: number }[];
}

/** A promotion or a way back, by the command line. */
export interface Lift extends Ran {
  /** From the command's start to the end of the step that proves what runs. */
  verified: number;
  finished: Finished;
}

export class Droplets implements AsyncDisposable {
  readonly world: World<ContainerHosts>;
  private readonly product: string;
  private readonly directory: string;
  private services: readonly string[] = [front];
  private built = 0;

  private constructor(world: World<ContainerHosts>, directory: string, product: string) {
    this.world = world;
    this.directory = directory;
    this.product = product;
  }

  /**
   * One host each for staging and production, without a release.
   * @throws BenchFailure, or a ContainerFailure where hosts cannot be containers
   */
  static async start(): Promise<Droplets> {
    const directory = mkdtempSync(join(tmpdir(), "liftlock-bench-hosts-"));
    const product = join(directory, "product");
    mkdirSync(product);
    copyProduct(product, [front]);
    const world = await startWorld({
      directory: join(directory, "world"),
      platform: "containers",
      hosts: 1,
      strategy: { type: "blueGreen" },
    });
    const droplets = new Droplets(world, directory, product);
    try {
      await droplets.furnish();
    } catch (cause) {
      await droplets[Symbol.asyncDispose]();
      throw cause;
    }
    return droplets;
  }

  private async furnish(): Promise<void> {
    const { directory, workDirectory, engineRoot, environment, ports } = this.world;
    const description = { pid: process.pid, engineRoot, workDirectory, environment };
    writeFileSync(join(directory, "world.json"), JSON.stringify(description), { mode: 0o600 });
    useProduct(workDirectory, this.product);
    configureApplication(workDirectory, ports.http);
    await Promise.all(["staging", "production"].map((stack) => this.up(stack)));
  }

  /** Production's hosts. */
  get hosts(): ContainerHost[] {
    return this.world.hosts.hosts.filter(({ name }) => name.includes("-production-"));
  }

  get droplets(): Droplet[] {
    return this.hosts.map(({ name, droplet }) => ({ name, address: droplet.address }));
  }

  /** The one that stateful services would be on; what is measured on one host is measured there. */
  get first(): Droplet {
    const [first] = this.droplets;
    if (first) return first;
    throw new BenchFailure("expected a host in production, found none");
  }

  /** The engine's own command line. */
  pulumi(...args: string[]): Promise<Ran> {
    const { engineRoot, workDirectory: directory, environment } = this.world;
    return run(join(engineRoot, "bin", "pulumi"), [...args, "--non-interactive"], { directory, environment });
  }

  up(stack = "production"): Promise<Ran> {
    return this.pulumi("up", "--yes", "--skip-preview", "--stack", stack);
  }

  preview(): Promise<Ran> {
    return this.pulumi("preview", "--stack", "production");
  }

  /** The product's command line. */
  liftlock(
    args: readonly string[],
    stdin = "",
    more: Pick<CommandOptions, "exit" | "onEvent"> = {},
  ): Promise<Ran> {
    const { directory, workDirectory, environment } = this.world;
    const program = [join(this.product, "bin", "liftlock.mjs"), "--json", "--world", directory, ...args];
    return run(process.execPath, program, {
      directory: workDirectory,
      environment,
      stdin,
      events: true,
      ...more,
    });
  }

  /** How releases take each other's place in production from now on. */
  strategy(strategy: Readonly<Record<string, unknown>>): void {
    configure(this.world.workDirectory, "production", { strategy });
  }

  /** The application consists of these from now on; what runs stays until the next release. */
  consist(services: readonly string[]): void {
    this.services = services;
    writeApplication(this.product, services);
  }

  /** Production has so many hosts from now on, all of which run its release. */
  async scale(size: number): Promise<void> {
    configure(this.world.workDirectory, "production", { "fleet.size": size });
    await this.up();
  }

  /** A release of the application as it is now; every digest is new. */
  build(make: Make): Promise<ReleaseFile> {
    const { registry, registryToken: password, signingKey: key, busybox } = this.world;
    if (!busybox) throw new BenchFailure("expected a world with a program for its images");
    const works = { registry: { url: registry.url, username: "example", password }, key, busybox };
    this.built += 1;
    return buildRelease(works, { version: `1.${this.built}.0`, services: this.services, make });
  }

  /** Brings a release to staging, from where it can be promoted. */
  async stage(release: ReleaseFile): Promise<void> {
    await this.lift(["deploy", "staging", "--release", "-"], JSON.stringify(release));
  }

  /** A fresh release, in staging. */
  async stageNew(make: Make): Promise<ReleaseFile> {
    const release = await this.build(make);
    await this.stage(release);
    return release;
  }

  promote(): Promise<Lift> {
    return this.lift(["promote"]);
  }

  rollback(...options: string[]): Promise<Lift> {
    return this.lift(["rollback", "production", "--reason", "measured", ...options]);
  }

  private async lift(args: readonly string[], stdin?: string): Promise<Lift> {
    const ran = await this.liftlock(args, stdin);
    const finished = ran.events.find(({ event }) => event === "promotion.finished") as Finished | undefined;
    const proven = ran.events.findLast(
      ({ event, step }) => event === "step.finished" && (step === "verify" || step === "verifyRevert"),
    );
    if (!finished || !proven)
      throw new BenchFailure(
        `${args[0]}: expected a promotion that was verified, found ${JSON.stringify(finished)}`,
      );
    return { ...ran, finished, verified: proven.at / 1000 };
  }

  /** SSH connections that logged in since each production host was made. */
  async logins(): Promise<number[]> {
    return Promise.all(this.hosts.map(async (host) => (await host.sessions()).logins));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.world[Symbol.asyncDispose]();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
