import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

const debian = "/usr/lib/postgresql";

/** The folder with `initdb` and `postgres`, if this machine has them. */
export const postgresBinaries = [
  ...(process.env["PATH"] ?? "").split(delimiter),
  ...(existsSync(debian) ? readdirSync(debian).map((version) => join(debian, version, "bin")) : []),
].find((directory) => existsSync(join(directory, "initdb")) && existsSync(join(directory, "postgres")));

/** PostgreSQL refuses to run as root: then it runs as nobody. */
const nobody = 65_534;
const identity = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
}

/** A real PostgreSQL of its own on the loopback, gone with its data when it is disposed of. */
export class PostgresServer implements AsyncDisposable {
  private readonly directory: string;
  private readonly port: number;
  private child: ChildProcess | undefined;

  private constructor(directory: string, port: number) {
    this.directory = directory;
    this.port = port;
  }

  static async start(binaries: string): Promise<PostgresServer> {
    const directory = mkdtempSync(join(tmpdir(), "ledger-postgres-"));
    if (identity.uid !== undefined) chownSync(directory, identity.uid, identity.gid);
    const data = join(directory, "data");
    execFileSync(
      join(binaries, "initdb"),
      ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
      { ...identity, cwd: directory, stdio: "pipe" },
    );
    const server = new PostgresServer(directory, await freePort());
    await server.up(binaries);
    return server;
  }

  /** @param user whose rights are used; nobody is asked for a password, so that any will do */
  url(user = "postgres"): string {
    return `postgres://${user}:never-shown@127.0.0.1:${this.port}/postgres`;
  }

  async up(binaries: string): Promise<void> {
    const options = ["-D", join(this.directory, "data"), "-k", this.directory, "-h", "127.0.0.1", "-F"];
    this.child = spawn(join(binaries, "postgres"), [...options, "-p", String(this.port)], {
      ...identity,
      cwd: this.directory,
      stdio: "ignore",
    });
    for (;;) {
      try {
        await this.query("select 1");
        return;
      } catch {
        await sleep(20);
      }
    }
  }

  /** Ends every connection at once, as a crash or a maintenance window does. */
  async down(): Promise<void> {
    if (!this.child || this.child.exitCode !== null) return;
    const exit = once(this.child, "exit");
    this.child.kill("SIGINT");
    await exit;
  }

  async query(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: this.url() });
    await client.connect();
    try {
      return (await client.query(text, values)).rows;
    } finally {
      await client.end();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
