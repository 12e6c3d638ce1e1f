/** The edge of a host: `haproxy -Ws`, a master and its workers. */
import type { Duplex } from "node:stream";
import type { Loopback } from "../engine/loopback.ts";
import { restoreStates } from "./balance/state-file.ts";
import type { Bind, EdgeConfig } from "./config/model.ts";
import { parseConfig } from "./config/parse.ts";
import type { Files } from "./config/refusal.ts";
import { version } from "./control/info.ts";
import { runCommands } from "./control/runtime-api.ts";
import { BindRefused, Listeners } from "./listeners.ts";
import { loaded, notReloaded } from "./messages.ts";
import type { Entrance } from "./traffic/surroundings.ts";
import { Worker } from "./worker.ts";

export interface ProcessOptions {
  /** The configuration's name in messages; read anew at every reload. */
  file: string;
  files: Files;
  loopback: Loopback;
  /** The host's own and reserved addresses, as they are now. */
  addresses: () => Iterable<string>;
  /** Standard output. */
  write: (line: string) => void;
}

/** A configuration cannot be used; messages as in {@link Parsed}. */
export class ConfigRefused extends Error {
  override name = "ConfigRefused";
  readonly alerts: readonly string[];

  constructor(alerts: readonly string[]) {
    super(alerts.join("\n"));
    this.alerts = alerts;
  }
}

/** Numbers of processes that are none. */
let lastPid = 1000;

export class EdgeProcess {
  private readonly options: ProcessOptions;
  private readonly listeners: Listeners;
  private readonly pid = ++lastPid;
  /** Workers of before a reload that still have something to do. */
  private readonly former = new Set<Worker>();
  private current: { worker: Worker; doors: Map<number, { entrance: Entrance; bind: Bind }> } | undefined;
  private lastReload: Promise<unknown> = Promise.resolve();

  constructor(options: ProcessOptions) {
    this.options = options;
    this.listeners = new Listeners(options.loopback, (port, connection, client) => {
      this.receive(port, connection, client);
    });
  }

  /** The first start. @throws ConfigRefused */
  async start(): Promise<void> {
    await this.load();
  }

  /** Ports that are open, and to whom. */
  get ports(): Listeners["ports"] {
    return this.listeners.ports;
  }

  /** Path of the admin socket on the host. */
  get adminSocket(): string | undefined {
    return this.current?.worker.config.adminSocket;
  }

  /** The configuration that is in force. */
  get config(): EdgeConfig | undefined {
    return this.current?.worker.config;
  }

  /** Commands for the worker. */
  admin(input: string): string {
    return this.current ? runCommands(input, this.current.worker) : "";
  }

  /** Commands for the master. */
  async master(input: string): Promise<string> {
    let output = "";
    for (const command of input
      .split("\n")
      .slice(0, -1)
      .flatMap((line) => line.split(";"))) {
      output += `${await this.masterCommand(command.trim())}\n`;
    }
    return output;
  }

  /** Serves everything on one more address, too. @throws BindRefused */
  async addAddress(address: string): Promise<void> {
    const binds = this.current?.worker.config.frontends.flatMap((frontend) => frontend.binds) ?? [];
    await this.listeners.open(binds, [address]);
  }

  removeAddress(address: string): void {
    this.listeners.dropAddress(address);
  }

  /** As when the power goes. */
  kill(): void {
    this.listeners.keepOnly([]);
    for (const worker of this.former) worker.kill();
    this.current?.worker.kill();
    this.former.clear();
    this.current = undefined;
  }

  private async masterCommand(command: string): Promise<string> {
    switch (command) {
      case "reload": {
        // One after the other: a second one waits.
        const reload = this.lastReload.then(() => this.reload());
        this.lastReload = reload;
        return reload;
      }
      case "show version":
        return `${version}\n`;
      default:
        return `Unknown command: '${command}'. Please enter one of the following commands only:\n  reload                                  : reload haproxy\n  show version                            : show version of the current process\n`;
    }
  }

  private async reload(): Promise<string> {
    try {
      const { worker, warnings } = await this.load();
      return `Success=1\n--\n${loaded(this.pid, worker.pid, warnings)}`;
    } catch (cause) {
      if (!(cause instanceof ConfigRefused)) throw cause;
      return `Success=0\n--\n${notReloaded(this.pid, cause.alerts)}`;
    }
  }

  /** Reads the configuration and changes over to it; everything stays as it was when that fails. */
  private async load(): Promise<{ worker: Worker; warnings: string[] }> {
    const { file, files, loopback, write } = this.options;
    const text = files.read(file);
    if (!text) {
      throw new ConfigRefused([
        `config : Cannot open configuration file/directory ${file} : No such file or directory`,
      ]);
    }
    const { config, alerts } = parseConfig(text.toString(), file, files);
    if (!config) throw new ConfigRefused(alerts);
    const binds = config.frontends.flatMap((frontend) => frontend.binds);
    await this.open(config, binds);
    lastPid += 1;
    const worker = new Worker(config, lastPid, loopback, write);
    const warnings = this.restore(worker);
    const former = this.current?.worker;
    const doors = worker.entrances.flatMap((entrance) =>
      entrance.frontend.binds.map((bind) => [bind.port, { entrance, bind }] as const),
    );
    this.current = { worker, doors: new Map(doors) };
    this.listeners.keepOnly(binds);
    worker.startChecks();
    if (former) this.dismiss(former);
    return { worker, warnings };
  }

  private async open(config: EdgeConfig, binds: readonly Bind[]): Promise<void> {
    try {
      await this.listeners.open(binds, this.options.addresses());
    } catch (cause) {
      if (!(cause instanceof BindRefused)) throw cause;
      const names = config.frontends.map(({ name }) => name).join(", ");
      throw new ConfigRefused([`Starting frontend ${names}: ${cause.message}`]);
    }
  }

  private restore(worker: Worker): string[] {
    const { stateFile } = worker.config;
    if (stateFile === undefined) return [];
    const text = this.options.files.read(stateFile);
    if (!text)
      return [
        `config : config: Can't open global server state file '${stateFile}': No such file or directory`,
      ];
    restoreStates(text.toString(), [...worker.pools.values()]);
    return [];
  }

  private dismiss(worker: Worker): void {
    this.former.add(worker);
    void worker.leave().then(() => this.former.delete(worker));
  }

  private receive(port: number, connection: Duplex, client: string): void {
    const door = this.current?.doors.get(port);
    if (!door || !this.current) connection.destroy();
    else this.current.worker.accept(door.entrance, door.bind, connection, client);
  }
}
