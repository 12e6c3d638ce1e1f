import { readFileSync } from "node:fs";
import { join } from "node:path";
import sshpk from "sshpk";
import type { HostFacts, HostReading } from "../plan/facts.ts";
import { asFailure, Failure } from "../release/failure.ts";
import { type Measurement, parseMeasurement } from "./measurement.ts";
import { parseObservation, shareRecord } from "./observation.ts";
import { type HostPruning, parsePruning } from "./pruning.ts";
import { type ExecResult, type HostAddress, HostConnection } from "./ssh.ts";

const script = (name: string) => readFileSync(join(import.meta.dirname, "scripts", `${name}.sh`), "utf8");

/** Any private key in the form that the SSH library reads; PKCS#8, for one, it does not. */
const openSshKey = (key: string) => sshpk.parsePrivateKey(key, "auto").toString("ssh-private");

/** Log lines of one container, or of the migrator. */
export interface LogTail {
  /** Container id, or `migrator`. */
  source: string;
  lines: string[];
}

/**
 * The hosts of one environment over SSH. Each host gets one connection, opened when first needed and used for everything
 * the driver does there; a lost one is opened again.
 */
export class FleetConnections implements Disposable {
  private readonly open = new Map<string, Promise<HostConnection>>();
  private readonly app: string;
  readonly hosts: readonly HostAddress[];
  private readonly privateKey: Promise<string>;

  /** @param privateKey in any form; hosts are connected to while it is still being derived */
  constructor(app: string, hosts: readonly HostAddress[], privateKey: string | Promise<string>) {
    this.app = app;
    this.hosts = hosts;
    this.privateKey = Promise.resolve(privateKey).then(openSshKey);
    this.privateKey.catch(() => undefined);
  }

  /** Opens every connection ahead of its use. */
  connect(): void {
    for (const host of this.hosts) this.connection(host).catch(() => undefined);
  }

  private async connection(host: HostAddress): Promise<HostConnection> {
    const known = this.open.get(host.name);
    if (known) {
      const connection = await known.catch(() => undefined);
      if (connection?.usable) return connection;
    }
    const fresh = HostConnection.connect(host, this.privateKey);
    this.open.set(host.name, fresh);
    return fresh;
  }

  private async run(host: HostAddress, name: string, stdin: string, timeout: number): Promise<string> {
    const connection = await this.connection(host);
    const result = await connection.exec(script(name), stdin, timeout);
    if (result.status === 0) return result.stdout;
    throw new Failure({
      code: "HostUnreachable",
      message: `expected ${name} to work on ${host.name}, it ended with ${result.status}: ${result.stderr.trim().slice(0, 300)}`,
    });
  }

  /** What a script printed on the first host, however it ended. @param timeout milliseconds. @throws Failure `HostUnreachable` */
  async askFirst(name: string, stdin: string, timeout: number): Promise<ExecResult & { host: string }> {
    const [host] = this.hosts;
    if (!host) throw new Failure({ code: "HostUnreachable", message: "the environment has no hosts" });
    const connection = await this.connection(host);
    return { host: host.name, ...(await connection.exec(script(name), stdin, timeout)) };
  }

  /** What every host records and runs; a host that cannot be read is reported as such. */
  async observe(): Promise<HostReading[]> {
    const readings = await Promise.all(
      this.hosts.map(async (host): Promise<HostReading> => {
        try {
          return parseObservation(host.name, await this.run(host, "observe", `${this.app}\n`, 30_000));
        } catch (thrown) {
          return { host: host.name, unreachable: asFailure(thrown).message };
        }
      }),
    );
    return shareRecord(readings);
  }

  /** Fetches images ahead of the update. Best effort: what is missing afterwards the update itself pulls. */
  async prefetch(images: readonly string[], dockerConfig: string | undefined): Promise<void> {
    const input = [
      ...(dockerConfig === undefined ? [] : [`registry ${Buffer.from(dockerConfig).toString("base64")}`]),
      ...images.map((image) => `image ${image}`),
    ];
    await Promise.allSettled(
      this.hosts.map((host) => this.run(host, "prefetch", `${input.join("\n")}\n`, 300_000)),
    );
  }

  /**
   * What the edges of all hosts answered since a place in each request log.
   * @param places by host; absent: only the places are asked for
   * @throws Failure `HostUnreachable` when one cannot be read: what it answered is not known
   */
  async measure(places: ReadonlyMap<string, number> = new Map()): Promise<Map<string, Measurement>> {
    const found = await Promise.all(
      this.hosts.map(async (host): Promise<[string, Measurement]> => {
        const output = await this.run(host, "measure", `${places.get(host.name) ?? ""}\n`, 60_000);
        return [host.name, parseMeasurement(host.name, output)];
      }),
    );
    return new Map(found);
  }

  /** Whether a host's SSH server answers and proves to be that host's; what runs there is not asked. */
  async answers(name: string): Promise<boolean> {
    const host = this.hosts.find((known) => known.name === name);
    if (!host) return false;
    return this.connection(host).then(
      () => true,
      () => false,
    );
  }

  /** Gives all traffic back to the slot that was left, where it holds this release. */
  back(releaseId: string): Promise<{ host: string; back: boolean; problem?: string }[]> {
    return Promise.all(
      this.hosts.map(async (host) => {
        try {
          const said = await this.run(host, "back", `app ${this.app}\nrelease ${releaseId}\n`, 30_000);
          const [word, ...rest] = said.trim().split(" ");
          if (word === "back") return { host: host.name, back: true };
          return { host: host.name, back: false, problem: rest.join(" ") };
        } catch (thrown) {
          return { host: host.name, back: false, problem: asFailure(thrown).message };
        }
      }),
    );
  }

  /**
   * Removes what the hosts do not need any more, or says what that would be. A host that cannot be reached is left out, and told.
   * @param keep digests that stay, the application's repositories, and ids of releases that may come back
   */
  prune(
    keep: { digests: readonly string[]; repositories: readonly string[]; releases: readonly string[] },
    apply: boolean,
  ): Promise<(HostPruning | { host: string; problem: string })[]> {
    const input = [
      `app ${this.app}`,
      `apply ${apply ? "yes" : "no"}`,
      ...keep.repositories.map((name) => `repository ${name}`),
      ...keep.digests.map((digest) => `keep ${digest}`),
      ...keep.releases.map((id) => `release ${id}`),
    ];
    return Promise.all(
      this.hosts.map(async (host) => {
        try {
          return parsePruning(host.name, await this.run(host, "prune", `${input.join("\n")}\n`, 120_000));
        } catch (thrown) {
          return { host: host.name, problem: asFailure(thrown).message };
        }
      }),
    );
  }

  /** Last lines of containers of one host, and of its last migration. */
  async logs(facts: HostFacts, containers: readonly string[], lines = 20): Promise<LogTail[]> {
    const host = this.hosts.find((h) => h.name === facts.host);
    if (!host) return [];
    const input = [`app ${this.app}`, `lines ${lines}`, ...containers.map((id) => `container ${id}`)];
    const output = await this.run(host, "logs", `${input.join("\n")}\n`, 30_000);
    const tails = new Map<string, string[]>();
    for (const line of output.split("\n").filter(Boolean)) {
      const [source = "", ...rest] = line.split(" ");
      tails.set(source, [...(tails.get(source) ?? []), rest.join(" ")]);
    }
    return [...tails].map(([source, text]) => ({ source, lines: text }));
  }

  [Symbol.dispose](): void {
    for (const connection of this.open.values())
      void connection.then((c) => c.close()).catch(() => undefined);
    this.open.clear();
  }
}
