/** The unit `liftlock-edge` of a host: starts the edge as soon as there is a configuration, and again when that was refused. */
import { closeSync, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Loopback } from "../engine/loopback.ts";
import type { Files } from "./config/refusal.ts";
import { ConfigRefused, EdgeProcess } from "./process.ts";

/** Where the unit puts the master's socket. */
const masterSocket = "/run/liftlock-edge/master.sock";

/** Between looks for a configuration, milliseconds; the real unit waits a second after a failure. */
const pause = 100;

export interface EdgeServiceOptions {
  /** Paths on the host at which there may be a configuration. */
  configurations: readonly string[];
  /** Path on this machine of a path on the host. */
  locate: (path: string) => string;
  loopback: Loopback;
  addresses: () => Iterable<string>;
}

/** Takes commands over one of the edge's sockets; answers when all of them have run. */
export type EdgeSocket = (input: string) => Promise<string>;

export class EdgeService {
  private readonly options: EdgeServiceOptions;
  private process: EdgeProcess | undefined;
  private log: number | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** Why the last start failed. */
  private problems: readonly string[] = [];
  private on = false;

  constructor(options: EdgeServiceOptions) {
    this.options = options;
  }

  /** Starts it, or waits for a configuration; resolves when the first try is over. */
  async start(): Promise<void> {
    this.on = true;
    await this.tryToStart();
  }

  /** As when the power goes. */
  stop(): void {
    this.on = false;
    clearTimeout(this.timer);
    this.process?.kill();
    this.process = undefined;
    if (this.log !== undefined) closeSync(this.log);
    this.log = undefined;
  }

  get running(): boolean {
    return this.process !== undefined;
  }

  /** Ports that are open, and to whom. */
  get ports(): EdgeProcess["ports"] {
    return this.process?.ports ?? [];
  }

  /** What is wrong with the configuration, if that keeps it from running. */
  get alerts(): readonly string[] {
    return this.problems;
  }

  /** What listens at a path on the host; nothing when there is no socket. */
  socket(path: string): EdgeSocket | undefined {
    const { process } = this;
    if (!process) return undefined;
    if (path === masterSocket) return (input) => process.master(input);
    return path === process.adminSocket ? async (input) => process.admin(input) : undefined;
  }

  async addAddress(address: string): Promise<void> {
    await this.process?.addAddress(address);
  }

  removeAddress(address: string): void {
    this.process?.removeAddress(address);
  }

  private async tryToStart(): Promise<void> {
    const file = this.options.configurations.find((path) => existsSync(this.options.locate(path)));
    if (file !== undefined) await this.launch(file);
    if (!this.on || this.process) return;
    this.timer = setTimeout(() => void this.tryToStart(), pause);
  }

  private async launch(file: string): Promise<void> {
    const { locate, loopback, addresses } = this.options;
    this.log ??= openSync(join(dirname(locate(file)), "requests.log"), "a", 0o600);
    const write = (line: string) => {
      if (this.log !== undefined) writeSync(this.log, `${line}\n`);
    };
    const process = new EdgeProcess({ file, files: filesAt(locate), loopback, addresses, write });
    try {
      await process.start();
      this.problems = [];
      if (this.on) this.process = process;
      else process.kill();
    } catch (cause) {
      if (!(cause instanceof ConfigRefused)) throw cause;
      this.problems = cause.alerts;
    }
  }
}

/** Files of a host. */
export function filesAt(locate: (path: string) => string): Files {
  return {
    read(path) {
      try {
        return readFileSync(locate(path));
      } catch {
        return undefined;
      }
    },
  };
}
