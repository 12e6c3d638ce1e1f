/** One simulated host: a folder, an SSH server, real scripts, and a container engine that runs in this process. */
import { join } from "node:path";
import type { ServerChannel } from "ssh2";
import type { Faults } from "../../faults/faults.ts";
import { runDocker } from "../docker/docker.ts";
import type { DockerSocket } from "../docker/socket.ts";
import { curl } from "../edge/programs/curl.ts";
import { dehydrated } from "../edge/programs/dehydrated.ts";
import { haproxy } from "../edge/programs/haproxy.ts";
import { socat } from "../edge/programs/socat.ts";
import { EdgeService, filesAt } from "../edge/service.ts";
import { Engine } from "../engine/engine.ts";
import { HostFailure } from "../failure.ts";
import type { DropletSpec } from "../platform.ts";
import type { LayerCache } from "../pull/layers.ts";
import { Puller } from "../pull/puller.ts";
import { restic } from "../restic/restic.ts";
import { wire } from "../ssh/exec.ts";
import { hostKeyFrom, publicKeyOf } from "../ssh/keys.ts";
import { RunningScripts } from "../ssh/scripts.ts";
import { SshServer } from "../ssh/server.ts";
import { type CloudConfig, type CloudInitStatus, readUserData } from "./cloud-config.ts";
import { cloudInitScript, Disk } from "./disk.ts";
import { execSubject, execute, greeting } from "./faulty.ts";
import { type OpenSocket, ss } from "./programs/ss.ts";
import { systemctl } from "./programs/systemctl.ts";
import { attachProgram, missingProgram, type ProgramName, type Run } from "./programs.ts";
import { killStrays } from "./strays.ts";
import { Units } from "./units.ts";

/** Programs that only a package brings. */
const packaged: readonly ProgramName[] = ["dehydrated", "haproxy", "restic", "socat"];

/** What all hosts of a world share. */
export interface MachineSurroundings {
  /** Folder in which each host has its own. */
  directory: string;
  sshPort: number;
  faults: Faults;
  socket: DockerSocket;
  layers: LayerCache;
}

export class Machine {
  readonly droplet: DropletSpec;
  readonly engine: Engine;
  /** The edge, if the user data installs haproxy. */
  readonly edge: EdgeService | undefined;
  /** Counted since the host was created: connections that logged in, and commands that were run. */
  readonly sessions = { logins: 0, execs: 0 };
  /** What the user data asked for. */
  readonly cloudConfig: CloudConfig;
  readonly cloudInit: CloudInitStatus;
  /** `ssh-ed25519 AAAA…` */
  readonly hostKey: string;
  /** Paths of `write_files` outside every home, which are not written. */
  readonly unwrittenFiles: string[] = [];
  /** Units of systemd that the user data brings. */
  readonly units: Units;
  private readonly privateKey: string;
  private readonly around: MachineSurroundings;
  private readonly disk: Disk;
  private readonly scripts = new RunningScripts();
  private readonly puller: Puller;
  private ssh: SshServer | undefined;
  private power = new AbortController();
  private detachPrograms: (() => void)[] = [];
  /** Its own address, then reserved ones. */
  private readonly addresses: Set<string>;

  constructor(droplet: DropletSpec, around: MachineSurroundings) {
    this.droplet = droplet;
    this.around = around;
    const { config, status } = readUserData(droplet.userData);
    const { key, problem } = hostKeyFrom(config.hostKey);
    this.cloudConfig = config;
    this.cloudInit =
      problem === undefined ? status : { status: "error", errors: [...status.errors, problem] };
    this.privateKey = key;
    this.hostKey = publicKeyOf(key);
    this.disk = new Disk(join(around.directory, `${droplet.id}-${droplet.name}`));
    this.addresses = new Set([droplet.address]);
    this.engine = new Engine([droplet.address], this.disk.locate("/var/lib/docker/volumes"));
    this.units = new Units(config);
    this.edge = this.hasPackage("haproxy") ? this.edgeOf(config) : undefined;
    this.puller = new Puller(this.engine.images, around.layers, droplet.address);
  }

  get name(): string {
    return this.droplet.name;
  }

  get on(): boolean {
    return this.ssh !== undefined;
  }

  /** Commands that have not ended, whether or not anybody is still connected. */
  get runningScripts(): number {
    return this.scripts.count;
  }

  /** What listens on this host: its SSH server, what containers publish, its edge. */
  get sockets(): readonly OpenSocket[] {
    return [
      ...(this.on ? [{ address: "0.0.0.0", port: this.around.sshPort }] : []),
      ...this.engine.ports.bindings.map(({ hostAddress, hostPort }) => ({
        address: hostAddress === "" ? "0.0.0.0" : hostAddress,
        port: hostPort,
      })),
      ...(this.edge?.ports ?? []).map(({ port, outside }) => ({
        address: outside ? "0.0.0.0" : "127.0.0.1",
        port,
      })),
    ];
  }

  /** A user's home folder on this machine. */
  home(user: string): string {
    return this.disk.home(user);
  }

  /** Creates the disk and switches the host on. @throws HostFailure */
  async create(): Promise<void> {
    const users = ["root", ...this.cloudConfig.users.map(({ name }) => name)];
    await this.disk.create(users);
    await this.disk.installProgram("cloud-init", cloudInitScript(this.cloudInit.status));
    for (const file of this.cloudConfig.files) {
      if (!(await this.disk.write(file, users))) this.unwrittenFiles.push(file.path);
    }
    await this.switchOn();
  }

  /** Resolves when the SSH server answers and the containers that are to run have been started. */
  async switchOn(): Promise<void> {
    if (this.on) return;
    this.power = new AbortController();
    await this.disk.emptyTmp();
    await this.installPrograms();
    await this.engine.restore();
    this.units.boot();
    await this.edge?.start();
    this.ssh = await this.openSsh();
  }

  /** As if the plug were pulled: nothing is told, nothing waits. Files stay. */
  async switchOff(): Promise<void> {
    this.power.abort();
    for (const detach of this.detachPrograms.splice(0)) detach();
    this.edge?.stop();
    this.engine.losePower();
    const { ssh } = this;
    this.ssh = undefined;
    await Promise.all([ssh?.close(), this.scripts.killAll()]);
    killStrays(this.disk.tmp);
  }

  /** Serves what it publishes, and its edge, on one more address. */
  async addAddress(address: string): Promise<void> {
    this.addresses.add(address);
    await this.engine.ports.addAddress(address);
    await this.edge?.addAddress(address);
  }

  removeAddress(address: string): void {
    this.addresses.delete(address);
    this.engine.ports.removeAddress(address);
    this.edge?.removeAddress(address);
  }

  async erase(): Promise<void> {
    await this.switchOff();
    await this.disk.erase();
  }

  private async openSsh(): Promise<SshServer> {
    const { address } = this.droplet;
    const { faults, sshPort } = this.around;
    const ssh = new SshServer({
      address,
      port: sshPort,
      hostKey: this.privateKey,
      authorizedKeys: (user) => this.authorizedKeys(user),
      greet: () => greeting(faults, this.name),
      loggedIn: () => {
        this.sessions.logins += 1;
      },
      exec: (user, command, channel, drop) => this.exec(user, command, channel, drop),
    });
    try {
      await ssh.listen();
    } catch (cause) {
      throw new HostFailure(
        "AddressUnavailable",
        `the SSH server of ${this.name} cannot listen: ${String(cause)}`,
        {
          hint: `Is something else using ${address}:${sshPort}?`,
          cause,
        },
      );
    }
    return ssh;
  }

  private authorizedKeys(user: string): readonly string[] | undefined {
    if (user === "root") return [...this.droplet.sshKeys, ...this.cloudConfig.rootKeys];
    return this.cloudConfig.users.find(({ name }) => name === user)?.ssh_authorized_keys;
  }

  private exec(user: string, command: string, channel: ServerChannel, drop: () => void): void {
    this.sessions.execs += 1;
    const action = this.around.faults.take("host", execSubject(this.name, command));
    const { signal } = this.power;
    const start = () => {
      if (signal.aborted) return;
      const { address } = this.droplet;
      const { bin, tmp } = this.disk;
      const home = this.disk.home(user);
      wire(this.scripts.start({ command, user, home, bin, tmp, address }), channel);
    };
    execute(action, channel, drop, start, signal);
  }

  private hasPackage(name: string): boolean {
    return this.cloudConfig.packages.includes(name);
  }

  /** The unit is known here: its configuration lies in the deploying user's home. */
  private edgeOf({ users }: CloudConfig): EdgeService {
    return new EdgeService({
      configurations: users.map(({ name }) => `/home/${name}/liftlock/edge/haproxy.cfg`),
      locate: (path) => this.disk.locate(path),
      loopback: this.engine.loopback,
      addresses: () => this.addresses,
    });
  }

  private async installPrograms(): Promise<void> {
    const locate = (path: string) => this.disk.locate(path);
    const { engine, puller } = this;
    await this.install("docker", (call, given, signal) =>
      runDocker({ ...call, engine, puller, signal, input: Buffer.from(given, "base64") }),
    );
    await this.install("curl", (call, _input, signal) => curl(call, engine.loopback, locate, signal));
    await this.install("ss", async (call) => ss(call, this.sockets));
    await this.install("systemctl", async (call) => systemctl(call, this.units));
    await this.install("dehydrated", (call, _input, signal) => dehydrated(call, locate, signal));
    await this.install("haproxy", async (call) => haproxy(call, filesAt(locate)));
    await this.install("restic", (call, _input, signal) => restic(call, locate, signal));
    await this.install("socat", (call, input) => socat(call, input, (path) => this.edge?.socket(path)));
  }

  /** What only a package brings is missing without it; an image of the provider has curl. */
  private async install(name: ProgramName, run: Run): Promise<void> {
    if (packaged.includes(name) && !this.hasPackage(name)) {
      await this.disk.installProgram(name, missingProgram(name));
      return;
    }
    const { faults, socket } = this.around;
    const around = { host: this.name, faults, socket, power: this.power.signal };
    const { script, detach } = await attachProgram(name, run, around);
    this.detachPrograms.push(detach);
    await this.disk.installProgram(name, script);
  }
}
