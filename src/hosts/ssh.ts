import { timingSafeEqual } from "node:crypto";
import { type AuthHandlerMiddleware, Client } from "ssh2";
import { Failure } from "../release/failure.ts";

/** How to reach a host. */
export interface HostAddress {
  name: string;
  address: string;
  port: number;
  user: string;
  /** Public host key, `ssh-ed25519 AAAA…`; a host that shows another one is refused. */
  hostKey: string;
}

export interface ExecResult {
  /** Exit status of the script. */
  status: number;
  stdout: string;
  stderr: string;
}

/** Most bytes of output kept from one script: 8 MiB. More is an error, not a truncation. */
const outputLimit = 8 * 1024 * 1024;

const unreachable = (host: HostAddress, cause: unknown) =>
  new Failure({
    code: "HostUnreachable",
    message: `expected ${host.name} to answer SSH at ${host.address}:${host.port}: ${cause instanceof Error ? cause.message : String(cause)}`,
    hint: `ssh -p ${host.port} ${host.user}@${host.address}`,
    cause,
  });

/** Offers the one key once, when the host has proven its own: until then the key may still be derived. */
function offer(username: string, privateKey: string | Promise<string>): AuthHandlerMiddleware {
  let offered = false;
  return (_left, _partial, next) => {
    // The library's types do not say so: false ends the attempts.
    const end = () => next(false as never);
    if (offered) return end();
    offered = true;
    const answer = async () => {
      try {
        next({ type: "publickey", username, key: await privateKey });
      } catch {
        end();
      }
    };
    void answer();
  };
}

/** One authenticated connection to a host; scripts run over it one after another or side by side. */
export class HostConnection {
  readonly host: HostAddress;
  private readonly client: Client;
  /** Why it is of no use any more. */
  private ended: Error | string | undefined;

  private constructor(host: HostAddress, client: Client) {
    this.host = host;
    this.client = client;
    client.on("error", (error) => {
      this.ended ??= error;
    });
    client.on("close", () => {
      this.ended ??= "the connection was closed";
    });
  }

  /** @param timeout milliseconds; default 10 s. @throws Failure `HostUnreachable` */
  static connect(
    host: HostAddress,
    privateKey: string | Promise<string>,
    timeout = 10_000,
  ): Promise<HostConnection> {
    const expected = Buffer.from(host.hostKey.split(" ")[1] ?? "", "base64");
    const client = new Client();
    return new Promise((resolve, reject) => {
      client
        .once("ready", () => resolve(new HostConnection(host, client)))
        .on("error", (error) => reject(unreachable(host, error)))
        .once("close", () => reject(unreachable(host, "the connection was closed")))
        .connect({
          host: host.address,
          port: host.port,
          username: host.user,
          authHandler: offer(host.user, privateKey),
          readyTimeout: timeout,
          keepaliveInterval: 5_000,
          keepaliveCountMax: 3,
          algorithms: { serverHostKey: ["ssh-ed25519"] },
          hostVerifier: (key: Buffer) => key.length === expected.length && timingSafeEqual(key, expected),
        })
        // Small packets go out at once; otherwise every command waits for an acknowledgement first.
        .setNoDelay(true);
    });
  }

  /** True until the connection is known to be lost. */
  get usable(): boolean {
    return this.ended === undefined;
  }

  /**
   * Runs a fixed script with its payload on standard input.
   * @param timeout milliseconds
   * @throws Failure `HostUnreachable` when the connection is lost or the script does not end in time
   */
  exec(script: string, stdin: string, timeout: number): Promise<ExecResult> {
    return new Promise((resolve, reject) => {
      const failed = (cause: unknown) => {
        clearTimeout(timer);
        this.client.off("close", lost);
        reject(unreachable(this.host, cause));
      };
      const lost = () => failed(this.ended ?? "the connection was lost");
      const timer = setTimeout(() => {
        failed(`no end of the script after ${timeout / 1000} s`);
        this.client.destroy();
      }, timeout);
      this.client.once("close", lost);
      if (this.ended) return failed(this.ended);
      this.client.exec(script, (error, channel) => {
        if (error) return failed(error);
        const streams = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
        let size = 0;
        const collect = (into: Buffer[]) => (chunk: Buffer) => {
          size += chunk.length;
          if (size > outputLimit) return failed("more than 8 MiB of output");
          into.push(chunk);
        };
        let status: number | undefined;
        channel.on("data", collect(streams.stdout));
        channel.stderr.on("data", collect(streams.stderr));
        channel.on("exit", (code: number | null) => {
          status = code ?? 255;
        });
        channel.on("close", () => {
          if (status === undefined) return failed("the script ended without an exit status");
          clearTimeout(timer);
          this.client.off("close", lost);
          const text = (chunks: Buffer[]) => Buffer.concat(chunks).toString("utf8");
          resolve({ status, stdout: text(streams.stdout), stderr: text(streams.stderr) });
        });
        channel.end(stdin);
      });
    });
  }

  close(): void {
    this.client.end();
  }
}
