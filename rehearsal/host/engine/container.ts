/** One container: its life from creation to removal. */
import { randomBytes } from "node:crypto";
import { type Behaviour, behaviourSchema } from "../../images/behaviour.ts";
import { runProbe } from "../service/probe.ts";
import { ServiceProcess } from "../service/service-process.ts";
import { type HealthCheck, HealthMonitor } from "./health.ts";
import type { Image } from "./image.ts";
import { LogBuffer } from "./logs.ts";
import type { PortBinding, PublishedPorts } from "./ports.ts";
import { type RestartPolicy, restartDelay, restartsAfterExit, restartsAtBoot } from "./restart.ts";
import type { Mount } from "./volumes.ts";

/** What a container is made from. */
export interface ContainerSpec {
  name: string;
  image: Image;
  /** The image as it was asked for. */
  reference: string;
  labels: Readonly<Record<string, string>>;
  /** Image's and own environment, merged. */
  environment: Readonly<Record<string, string>>;
  ports: readonly PortBinding[];
  /** Volumes that it has; default none. */
  mounts?: readonly Mount[];
  restart: RestartPolicy;
  health: HealthCheck | undefined;
}

export type Status = "created" | "running" | "restarting" | "exited";

/** What the engine gives to its containers. */
export interface ContainerSurroundings {
  ports: PublishedPorts;
  /** False while the host is off: whatever was under way must not go on. */
  powered(): boolean;
  /** Called after every change of status or health. */
  changed(): void;
  /** A running container of the same project. */
  sibling(project: string, service: string): Container | undefined;
}

/** A start that failed; the text is the engine's. */
export class StartRefused extends Error {
  override name = "StartRefused";
}

const never = "0001-01-01T00:00:00Z";

/** Between the signal to stop and the end of a process, milliseconds. */
const grace = 20;

export class Container {
  readonly id = randomBytes(32).toString("hex");
  readonly createdAt = new Date();
  readonly logs = new LogBuffer();
  readonly spec: ContainerSpec;
  status: Status = "created";
  exitCode = 0;
  error = "";
  startedAt = never;
  finishedAt = never;
  restartCount = 0;
  private readonly around: ContainerSurroundings;
  private process: ServiceProcess | undefined;
  private listen: number | undefined;
  private monitor: HealthMonitor | undefined;
  private withdraw: (() => void) | undefined;
  private restartTimer: NodeJS.Timeout | undefined;
  private stoppedOnPurpose = false;

  constructor(spec: ContainerSpec, around: ContainerSurroundings) {
    this.spec = spec;
    this.around = around;
  }

  get health(): HealthMonitor["health"] | undefined {
    return this.monitor?.health;
  }

  /** True while its process runs or is about to be started again. */
  get running(): boolean {
    return this.status === "running" || this.status === "restarting";
  }

  /** What listens on this port inside the container. */
  listener(port: number): ServiceProcess | undefined {
    return this.process?.listensOn(port) ? this.process : undefined;
  }

  /** Where a database of its image keeps its data, and the port on which it answers; nothing where the image has none. */
  get database(): { data: string; port: number } | undefined {
    const { database, listen } = this.readBehaviour() ?? {};
    return database === undefined || listen === undefined ? undefined : { data: database, port: listen };
  }

  /** @throws StartRefused when a port is taken */
  async start(): Promise<void> {
    if (this.status === "running") return;
    this.stoppedOnPurpose = false;
    this.restartCount = 0;
    await this.launch();
  }

  /** Signals the process and waits for its end. */
  async stop(exitCode = 0): Promise<void> {
    this.stoppedOnPurpose = true;
    if (!this.running) return;
    this.cancelRestart();
    this.withdraw?.();
    await new Promise((resolve) => setTimeout(resolve, grace));
    if (this.running && this.around.powered()) this.finish(exitCode, "exited");
  }

  kill(): void {
    this.stoppedOnPurpose = true;
    if (this.running) this.finish(137, "exited");
  }

  /** The power went: its process is gone, and it does not know yet. */
  losePower(): void {
    this.cancelRestart();
    this.release();
  }

  /** The engine finds it after the power came back. */
  async restore(): Promise<void> {
    const wasRunning = this.running;
    if (wasRunning) this.finish(255, "exited");
    const { stoppedOnPurpose } = this;
    if (this.status === "created") return;
    if (restartsAtBoot(this.spec.restart, { wasRunning, stoppedOnPurpose })) await this.launch();
  }

  private async launch(): Promise<void> {
    this.cancelRestart();
    try {
      this.withdraw = await this.around.ports.publish(this.spec.ports, () => this.process);
    } catch (cause) {
      this.error = cause instanceof Error ? cause.message : String(cause);
      this.exitCode = 128;
      this.status = this.status === "created" ? "created" : "exited";
      this.around.changed();
      throw new StartRefused(this.error, { cause });
    }
    if (!this.around.powered()) {
      this.release();
      throw new StartRefused("the host is off");
    }
    this.status = "running";
    this.exitCode = 0;
    this.error = "";
    this.startedAt = new Date().toISOString();
    this.run();
    this.watchHealth();
    this.around.changed();
  }

  private run(): void {
    const behaviour = this.readBehaviour();
    if (behaviour === undefined) {
      this.restartTimer = setTimeout(() => this.ended(127), 0);
      return;
    }
    this.listen = behaviour.listen;
    const { environment, image, labels } = this.spec;
    const project = labels["com.docker.compose.project"] ?? "";
    this.process = new ServiceProcess(behaviour, {
      environment,
      files: image.files,
      write: (stream, line) => this.logs.add(stream, line),
      exited: (code) => this.ended(code),
      reach: (service, port) => this.around.sibling(project, service)?.listener(port),
    });
    this.process.start();
  }

  private readBehaviour(): Behaviour | undefined {
    const file = this.spec.image.files.get("/app/service.json");
    if (file === undefined) {
      this.logs.add("stderr", "the simulated host runs no programs: the image has no /app/service.json");
      return undefined;
    }
    try {
      return behaviourSchema.parse(JSON.parse(file.toString()));
    } catch (cause) {
      this.logs.add("stderr", `/app/service.json: ${String(cause)}`);
      return undefined;
    }
  }

  private watchHealth(): void {
    const { health } = this.spec;
    if (health === undefined) return;
    const probe = () => runProbe(health.test, this.process, this.listen);
    this.monitor = new HealthMonitor(health, probe, () => this.around.changed());
  }

  private ended(code: number): void {
    const again = restartsAfterExit(this.spec.restart, code, this.restartCount);
    this.finish(code, again ? "restarting" : "exited");
    if (!again) return;
    this.restartTimer = setTimeout(() => void this.restart(), restartDelay(this.restartCount));
  }

  private async restart(): Promise<void> {
    this.restartCount += 1;
    await this.launch().catch((cause: unknown) => {
      this.logs.add("stderr", String(cause));
    });
  }

  private finish(code: number, status: Status): void {
    this.release();
    this.exitCode = code;
    this.status = status;
    this.finishedAt = new Date().toISOString();
    this.around.changed();
  }

  private release(): void {
    this.cancelRestart();
    this.monitor?.stop();
    this.process?.kill();
    this.withdraw?.();
    this.process = undefined;
    this.withdraw = undefined;
  }

  private cancelRestart(): void {
    clearTimeout(this.restartTimer);
  }
}
