/** One configuration at work. A reload starts another and lets this one finish what it has begun. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createSecureContext, type SecureContext, TLSSocket } from "node:tls";
import type { Loopback } from "../engine/loopback.ts";
import { Checker } from "./balance/checks.ts";
import { begin, newCounters } from "./balance/counters.ts";
import { Pool } from "./balance/pool.ts";
import type { Bind, EdgeConfig, Frontend } from "./config/model.ts";
import { metricsPage } from "./control/metrics.ts";
import { errorAnswer, rawAnswer } from "./traffic/answers.ts";
import { Connections } from "./traffic/connections.ts";
import { Exchange } from "./traffic/exchange.ts";
import type { Entrance, Surroundings } from "./traffic/surroundings.ts";

/** haproxy's own time for checks and idle connections when the configuration gives none, milliseconds. */
const fallback = { check: 10_000, keepAlive: 60_000 };

type Certified = NonNullable<Bind["tls"]>;

export class Worker {
  readonly config: EdgeConfig;
  /** As its messages name it. */
  readonly pid: number;
  readonly startedAt = Date.now();
  readonly pools: ReadonlyMap<string, Pool>;
  readonly entrances: readonly Entrance[];
  private readonly around: Surroundings;
  private readonly connections = new Connections();
  private readonly doors = new Map<Frontend, Server>();
  /** By the file from which they are. */
  private readonly secure = new Map<string, SecureContext>();
  /** Connections that have not finished their handshake. */
  private readonly handshakes = new Set<Duplex>();
  private readonly killed = new AbortController();
  private checkers: Checker[] = [];
  private hardStop: NodeJS.Timeout | undefined;

  constructor(config: EdgeConfig, pid: number, loopback: Loopback, log: (line: string) => void) {
    this.config = config;
    this.pid = pid;
    this.pools = new Map(config.backends.map((backend) => [backend.name, new Pool(backend, log)]));
    this.entrances = config.frontends.map((frontend) => ({ frontend, counters: newCounters() }));
    this.around = {
      pools: this.pools,
      loopback,
      killed: this.killed.signal,
      log,
      metrics: () => metricsPage(this),
      measure: (connection) => this.connections.measure(connection),
      clientOf: (connection) => this.connections.clientOf(connection),
    };
    for (const entrance of this.entrances) this.doors.set(entrance.frontend, this.door(entrance));
  }

  /** Begins to check servers; those of one process are spread over the first interval. */
  startChecks(): void {
    const all = [...this.pools.values()].flatMap((pool) => pool.targets.map((target) => ({ pool, target })));
    this.checkers = all.map(({ pool, target }, index) => {
      const timeout = pool.config.settings.timeouts.check ?? fallback.check;
      const delay = (target.config.inter * index) / all.length;
      return new Checker(target, pool.config.check, timeout, delay, this.around.loopback);
    });
  }

  /** Files whose certificates are shown. */
  get certificates(): readonly string[] {
    return this.config.frontends.flatMap(({ binds }) => binds.flatMap(({ tls }) => (tls ? [tls.file] : [])));
  }

  /** Shows another certificate from now on; connections that are there keep theirs. */
  replaceCertificate(file: string, pem: Buffer): void {
    this.secure.set(file, createSecureContext({ key: pem, cert: pem }));
  }

  /** Takes a client's connection. */
  accept(entrance: Entrance, bind: Bind, connection: Duplex, client: string): void {
    begin(entrance.counters);
    entrance.counters.sessions += 1;
    connection.on("error", () => connection.destroy());
    connection.once("close", () => {
      entrance.counters.current -= 1;
    });
    if (bind.tls === undefined) this.welcome(entrance, connection, connection, client);
    else this.handshake(entrance, bind.tls, connection, client);
  }

  /** Takes no more requests; resolves when the last one is over, at the latest after `hard-stop-after`. */
  async leave(): Promise<void> {
    for (const checker of this.checkers) checker.stop();
    const idleToo = !this.config.frontends.some(({ settings }) => settings.idleCloseOnResponse);
    if (this.config.hardStopAfter !== undefined) {
      this.hardStop = setTimeout(() => this.kill(), this.config.hardStopAfter);
    }
    await this.connections.leave(idleToo);
    this.kill();
  }

  /** Cuts everything. */
  kill(): void {
    clearTimeout(this.hardStop);
    this.killed.abort();
    for (const checker of this.checkers) checker.stop();
    this.connections.kill();
    for (const raw of this.handshakes) raw.destroy();
  }

  /** Only HTTP/1.1 is offered, also to clients that would take HTTP/2. */
  private handshake(entrance: Entrance, { file, key }: Certified, raw: Duplex, client: string): void {
    const secureContext = this.secure.get(file) ?? createSecureContext({ key, cert: key });
    this.secure.set(file, secureContext);
    this.handshakes.add(raw);
    raw.once("close", () => this.handshakes.delete(raw));
    const options = { isServer: true, secureContext, ALPNProtocols: ["http/1.1"] };
    const secured = new TLSSocket(raw, options);
    secured.on("error", () => raw.destroy());
    secured.once("secure", () => {
      this.handshakes.delete(raw);
      this.welcome(entrance, secured, raw, client);
    });
  }

  private welcome(entrance: Entrance, stream: Duplex, raw: Duplex, client: string): void {
    this.connections.add(stream, raw, client);
    this.awaitRequest(entrance, stream);
    this.doors.get(entrance.frontend)?.emit("connection", stream as Socket);
  }

  /** A client that has connected has so long for its first request. */
  private awaitRequest({ frontend }: Entrance, stream: Duplex): void {
    const timeout = frontend.settings.timeouts["http-request"];
    if (timeout === undefined) return;
    const timer = setTimeout(() => {
      if (this.connections.isFresh(stream)) stream.end(rawAnswer(errorAnswer(408, new Map())));
    }, timeout);
    stream.once("close", () => clearTimeout(timer));
  }

  /** An HTTP server that listens nowhere: connections are handed to it. */
  private door(entrance: Entrance): Server {
    const { timeouts } = entrance.frontend.settings;
    const server = createServer(
      { keepAliveTimeout: timeouts["http-keep-alive"] ?? timeouts["http-request"] ?? fallback.keepAlive },
      (request, response) => void this.serve(entrance, request, response),
    );
    server.on("clientError", (_cause, socket) => this.refuse(entrance, socket));
    return server;
  }

  private async serve(entrance: Entrance, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request;
    this.connections.begin(socket);
    if (this.connections.stopping) response.shouldKeepAlive = false;
    await new Exchange(entrance, request, response, this.around).run();
    this.connections.end(socket);
  }

  /** What could not be read as a request. A connection that only ended is none. */
  private refuse(entrance: Entrance, socket: Duplex): void {
    if (!socket.writable || socket.destroyed) return void socket.destroy();
    const { frontend, counters } = entrance;
    counters.requestErrors += 1;
    const line = frontend.settings.logFormat?.({
      at: Date.now(),
      client: this.connections.clientOf(socket),
      method: "<BADREQ>",
      path: undefined,
      proxy: frontend.name,
      server: undefined,
      status: 400,
      milliseconds: 0,
      retries: 0,
      redispatched: false,
      bytes: 0,
      end: "PR",
    });
    if (line !== undefined) this.around.log(line);
    socket.end(rawAnswer(errorAnswer(400, frontend.settings.errorPages)));
  }
}
