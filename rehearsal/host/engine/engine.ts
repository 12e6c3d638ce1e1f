/** The container engine of one host: what the daemon behind `docker` keeps. */
import { EventEmitter } from "node:events";
import { Container, type ContainerSpec } from "./container.ts";
import { ImageStore } from "./image.ts";
import { Loopback } from "./loopback.ts";
import { PublishedPorts } from "./ports.ts";
import { Volumes } from "./volumes.ts";

export class Engine {
  readonly images = new ImageStore();
  /** The host's 127.0.0.1. */
  readonly loopback = new Loopback();
  readonly ports: PublishedPorts;
  /** Names of networks. */
  readonly networks = new Set<string>(["bridge", "host", "none"]);
  readonly volumes: Volumes;
  private readonly byId = new Map<string, Container>();
  private powered = true;
  private readonly events = new EventEmitter().setMaxListeners(0);

  /**
   * @param addresses the host's addresses, on which ports are published
   * @param volumes folder for the content of volumes; default a temporary one
   */
  constructor(addresses: Iterable<string>, volumes?: string) {
    this.volumes = new Volumes(volumes);
    this.ports = new PublishedPorts(addresses, this.loopback);
  }

  /** Every container, oldest first. */
  containers(): Container[] {
    return [...this.byId.values()];
  }

  /** By name, id, or the beginning of an id. */
  find(reference: string): Container | undefined {
    if (reference === "") return undefined;
    return (
      this.byId.get(reference) ??
      this.containers().find(({ id, spec }) => spec.name === reference || id.startsWith(reference))
    );
  }

  create(spec: ContainerSpec): Container {
    const container = new Container(spec, {
      ports: this.ports,
      powered: () => this.powered,
      changed: () => this.events.emit("change"),
      sibling: (project, service) => this.sibling(project, service),
    });
    this.byId.set(container.id, container);
    return container;
  }

  /** Kills the container, if it runs, and forgets it. */
  remove(container: Container): void {
    container.kill();
    this.byId.delete(container.id);
    this.events.emit("change");
  }

  /**
   * Looks after every change until `done` says so. Ends earlier when the signal is aborted; the result tells which.
   * What `done` throws is thrown.
   */
  until(done: () => boolean, signal: AbortSignal): Promise<"done" | "aborted"> {
    return new Promise((resolve, reject) => {
      const settle = (action: () => void) => {
        this.events.off("change", look);
        signal.removeEventListener("abort", aborted);
        action();
      };
      const aborted = () => settle(() => resolve("aborted"));
      const look = () => {
        try {
          if (done()) settle(() => resolve("done"));
        } catch (cause) {
          settle(() => reject(cause));
        }
      };
      if (signal.aborted) return resolve("aborted");
      this.events.on("change", look);
      signal.addEventListener("abort", aborted);
      look();
    });
  }

  losePower(): void {
    this.powered = false;
    for (const container of this.byId.values()) container.losePower();
  }

  /** Starts what is to run after a boot; a container whose port is taken stays down, as with Docker. */
  async restore(): Promise<void> {
    this.powered = true;
    await Promise.allSettled(this.containers().map((container) => container.restore()));
  }

  private sibling(project: string, service: string): Container | undefined {
    return this.containers().find(
      ({ status, spec: { labels } }) =>
        status === "running" &&
        labels["com.docker.compose.project"] === project &&
        labels["com.docker.compose.service"] === service &&
        labels["com.docker.compose.oneoff"] !== "True",
    );
  }
}
