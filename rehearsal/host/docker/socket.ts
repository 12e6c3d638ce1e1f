/** Where the stand-in programs of all simulated hosts connect to: `docker` and those of the edge. */
import { randomBytes } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import type { Invocation, Reply } from "./call.ts";
import {
  answerScript,
  clientScript,
  dockerWords,
  findBash,
  type ProgramWords,
  readInvocation,
} from "./client.ts";

/** Runs an invocation; the signal is aborted when the client is gone. */
export type Serve = (invocation: Invocation, signal: AbortSignal) => Promise<Reply>;

const loopback = "127.0.0.1";

export class DockerSocket {
  private readonly server: Server;
  private readonly open = new Set<Socket>();
  private readonly hosts = new Map<string, Serve>();
  private readonly ready: Promise<{ bash: string; port: number }>;

  constructor() {
    this.server = createServer((socket) => this.accept(socket));
    this.ready = this.listen();
    // Said to whoever boots a host; without this it would also be an unhandled rejection.
    this.ready.catch(() => {});
  }

  /** Gives a host's program, as a script, and serves it until `detach` is called. @param words default: those of `docker` */
  async attach(
    serve: Serve,
    words: ProgramWords = dockerWords,
  ): Promise<{ script: string; detach: () => void }> {
    const { bash, port } = await this.ready;
    const token = randomBytes(16).toString("hex");
    this.hosts.set(token, serve);
    const script = clientScript({ bash, address: loopback, port, token, words });
    return { script, detach: () => this.hosts.delete(token) };
  }

  async close(): Promise<void> {
    await this.ready.catch(() => {});
    for (const socket of this.open) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async listen(): Promise<{ bash: string; port: number }> {
    const bash = await findBash();
    await new Promise<void>((resolve, reject) => {
      this.server.once("error", reject);
      this.server.listen({ host: loopback, port: 0 }, resolve);
    });
    const address = this.server.address();
    return { bash, port: typeof address === "object" && address ? address.port : 0 };
  }

  private accept(socket: Socket): void {
    const gone = new AbortController();
    const chunks: Buffer[] = [];
    let taken = false;
    this.open.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.open.delete(socket);
      gone.abort();
    });
    socket.on("data", (chunk: Buffer) => {
      if (taken) return;
      chunks.push(chunk);
      const invocation = readInvocation(Buffer.concat(chunks).toString());
      if (!invocation) return;
      taken = true;
      void this.answer(socket, invocation, gone.signal);
    });
  }

  private async answer(
    socket: Socket,
    { token, ...invocation }: Invocation & { token: string },
    signal: AbortSignal,
  ): Promise<void> {
    const serve = this.hosts.get(token);
    if (!serve) {
      socket.destroy();
      return;
    }
    const reply = await serve(invocation, signal);
    socket.end(answerScript(reply));
  }
}
