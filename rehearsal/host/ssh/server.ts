/** The SSH server of a host: logs in with a public key, runs commands, nothing else. */
import { createServer, type Socket, type Server as TcpServer } from "node:net";
import type { AuthContext, Connection, ServerChannel } from "ssh2";
import ssh2 from "ssh2";
import { isAuthorized } from "./keys.ts";

export interface SshServerOptions {
  address: string;
  port: number;
  /** Private key in OpenSSH form. */
  hostKey: string;
  /** Lines of the user's `authorized_keys`; nothing when there is no such user. */
  authorizedKeys(user: string): readonly string[] | undefined;
  /** Called before anything is said: `refuse` ends the connection, a number delays it (milliseconds). */
  greet(): { refuse: true } | { delay: number; dropAfter?: number };
  loggedIn(): void;
  /** A command to run; `drop` ends the whole connection. */
  exec(user: string, command: string, channel: ServerChannel, drop: () => void): void;
}

export class SshServer {
  private readonly options: SshServerOptions;
  private readonly protocol: ssh2.Server;
  private readonly tcp: TcpServer;
  private readonly sockets = new Set<Socket>();
  private readonly timers = new Set<NodeJS.Timeout>();

  constructor(options: SshServerOptions) {
    this.options = options;
    this.protocol = new ssh2.Server(
      { hostKeys: [options.hostKey], ident: "OpenSSH_9.2p1-simulated" },
      (client, { ip, port }) => this.serve(client, () => this.cut(ip, port)),
    );
    this.tcp = createServer((socket) => this.accept(socket));
  }

  listen(): Promise<void> {
    const { address, port } = this.options;
    return new Promise((resolve, reject) => {
      this.tcp.once("error", reject);
      this.tcp.listen({ host: address, port }, resolve);
    });
  }

  /** Stops listening and cuts every connection at once. */
  async close(): Promise<void> {
    for (const timer of this.timers) clearTimeout(timer);
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.tcp.close(resolve));
  }

  private accept(socket: Socket): void {
    this.sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => this.sockets.delete(socket));
    socket.setNoDelay(true);
    const greeting = this.options.greet();
    if ("refuse" in greeting) {
      socket.destroy();
      return;
    }
    if (greeting.dropAfter !== undefined) this.later(greeting.dropAfter, () => socket.destroy());
    if (greeting.delay > 0) this.later(greeting.delay, () => this.protocol.injectSocket(socket));
    else this.protocol.injectSocket(socket);
  }

  private later(milliseconds: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      action();
    }, milliseconds);
    this.timers.add(timer);
  }

  /** Ends a connection without the goodbye that `end` of ssh2 would say. */
  private cut(ip: string, port: number): void {
    for (const socket of this.sockets) {
      if (socket.remoteAddress === ip && socket.remotePort === port) socket.destroy();
    }
  }

  private serve(client: Connection, drop: () => void): void {
    let user = "";
    client.on("error", () => client.end());
    client.on("authentication", (offer) => {
      if (this.accepts(offer)) {
        user = offer.username;
        offer.accept();
      } else offer.reject(["publickey"]);
    });
    client.on("ready", () => {
      this.options.loggedIn();
      client.on("session", (acceptSession) => {
        // Requests without a listener (terminals, environment, shells, subsystems) are refused by ssh2 itself.
        acceptSession().on("exec", (accept, _reject, { command }) => {
          this.options.exec(user, command, accept(), drop);
        });
      });
    });
  }

  private accepts(offer: AuthContext): boolean {
    if (offer.method !== "publickey") return false;
    const keys = this.options.authorizedKeys(offer.username);
    return keys !== undefined && isAuthorized(offer, keys);
  }
}
