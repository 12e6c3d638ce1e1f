/** The ports of an edge, on every address of its host. They outlive reloads: no connection is refused in between. */
import { createServer, type Server } from "node:net";
import type { Duplex } from "node:stream";
import { type Loopback, PortTaken } from "../engine/loopback.ts";
import type { Bind } from "./config/model.ts";

export type Receive = (port: number, connection: Duplex, client: string) => void;

/** Why a port cannot be bound, in haproxy's words. */
export class BindRefused extends Error {
  override name = "BindRefused";
}

export class Listeners {
  private readonly loopback: Loopback;
  private readonly receive: Receive;
  private readonly outside = new Map<string, Server>();
  private readonly inside = new Map<number, () => void>();

  constructor(loopback: Loopback, receive: Receive) {
    this.loopback = loopback;
    this.receive = receive;
  }

  /** Opens what is not open yet. Nothing is opened when one of them cannot be. @throws BindRefused */
  async open(binds: readonly Bind[], addresses: Iterable<string>): Promise<void> {
    const opened: (() => void)[] = [];
    try {
      for (const { address, port } of binds) {
        if (!this.inside.has(port)) opened.push(this.openInside(port));
        for (const own of address === "" ? addresses : []) {
          if (!this.outside.has(`${own}:${port}`)) opened.push(await this.openOutside(own, port));
        }
      }
    } catch (cause) {
      for (const close of opened) close();
      throw cause;
    }
  }

  /** Closes all ports that are not among these. */
  keepOnly(binds: readonly Bind[]): void {
    const inside = new Set(binds.map(({ port }) => port));
    const outside = new Set(binds.filter(({ address }) => address === "").map(({ port }) => String(port)));
    for (const [port, close] of this.inside) if (!inside.has(port)) close();
    for (const [key, server] of this.outside) {
      if (outside.has(key.split(":")[1] ?? "")) continue;
      server.close();
      this.outside.delete(key);
    }
  }

  /** Closes the ports of one address. */
  dropAddress(address: string): void {
    for (const [key, server] of this.outside) {
      if (!key.startsWith(`${address}:`)) continue;
      server.close();
      this.outside.delete(key);
    }
  }

  /** Ports that are open: to the outside, or to the host itself only. */
  get ports(): readonly { port: number; outside: boolean }[] {
    const outside = new Set([...this.outside.keys()].map((key) => Number(key.split(":")[1])));
    return [...this.inside.keys()].map((port) => ({ port, outside: outside.has(port) }));
  }

  private openInside(port: number): () => void {
    try {
      const release = this.loopback.listen(port, (connection) => this.receive(port, connection, "127.0.0.1"));
      const close = () => {
        release();
        this.inside.delete(port);
      };
      this.inside.set(port, close);
      return close;
    } catch (cause) {
      if (!(cause instanceof PortTaken)) throw cause;
      throw new BindRefused(`cannot bind socket (Address already in use) for [0.0.0.0:${port}]`, { cause });
    }
  }

  private openOutside(address: string, port: number): Promise<() => void> {
    const key = `${address}:${port}`;
    const server = createServer((socket) => {
      socket.setNoDelay(true);
      this.receive(port, socket, socket.remoteAddress ?? "");
    });
    return new Promise((resolve, reject) => {
      server.once("error", (cause: NodeJS.ErrnoException) => {
        const why = cause.code === "EACCES" ? "Permission denied" : "Address already in use";
        reject(new BindRefused(`cannot bind socket (${why}) for [${key}]`, { cause }));
      });
      server.listen({ host: address, port }, () => {
        this.outside.set(key, server);
        resolve(() => {
          server.close();
          this.outside.delete(key);
        });
      });
    });
  }
}
