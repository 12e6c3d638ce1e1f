/** The HTTP server under every HTTP part of the rehearsal world: routing, faults, and a log of what was asked. */
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import type { FaultAction, Faults, Part } from "../faults/faults.ts";
import { type Answer, type Handler, Refusal, type Request } from "./exchange.ts";
import { type ErrorBody, faultAnswer, lieAbout } from "./faulty.ts";
import { RequestLog } from "./request-log.ts";
import type { Router } from "./router.ts";
import { send, sendHalf } from "./send.ts";

export interface HttpOptions {
  /** Which part of the world this is: its fault rules apply. */
  part: Part;
  faults: Faults;
  router: Router;
  /** Shape of error bodies; default `{message}`. */
  errorBody?: ErrorBody;
  /** Stands around every route, known or not: checks credentials, adds headers. `next` never throws. */
  around?: (request: Request, next: Handler) => Answer | Promise<Answer>;
  /** Address of this machine to listen on; default `127.0.0.1`. */
  address?: string;
  /** Default 0: any free port. */
  port?: number;
  /** With it, HTTPS is spoken, and nothing else; PEM. */
  tls?: { key: string; certificate: string } | undefined;
}

export interface HttpServer {
  /** `http://address:port`, or `https://…`, without a slash at the end. */
  url: string;
  requests: RequestLog;
  /** Stops listening and destroys every connection, also those in the middle of an answer. */
  close(): Promise<void>;
}

const plain: ErrorBody = (_status, message) => ({ message });

function readRequest(incoming: IncomingMessage, url: URL, params: Record<string, string>, error: ErrorBody) {
  const request: Request = {
    method: incoming.method ?? "GET",
    path: url.pathname,
    params,
    query: url.searchParams,
    headers: incoming.headers,
    origin: url.origin,
    stream: incoming,
    bytes: () => buffer(incoming),
    json: async () => {
      const text = (await request.bytes()).toString();
      if (text === "") return undefined;
      try {
        return JSON.parse(text) as unknown;
      } catch {
        throw new Refusal({ status: 400, json: error(400, "the body is not JSON") });
      }
    },
  };
  return request;
}

const schemeOf = ({ tls }: HttpOptions) => (tls ? "https" : "http");

const serverOf = ({ tls }: HttpOptions, listener: RequestListener) =>
  tls ? createTlsServer({ key: tls.key, cert: tls.certificate }, listener) : createServer(listener);

/** What was decided about a request, and whether any route knew it. */
interface Served {
  answer: Answer;
  unknown: boolean;
}

/** The handler's answer, also when it refuses or fails: what stands around it sees answers only. */
async function settle(options: HttpOptions, handler: Handler, request: Request): Promise<Answer> {
  try {
    return await handler(request);
  } catch (thrown) {
    if (thrown instanceof Refusal) return thrown.answer;
    const why = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    const message = `the rehearsal's ${options.part} failed: ${why}`;
    return { status: 500, json: (options.errorBody ?? plain)(500, message) };
  }
}

async function serve(options: HttpOptions, incoming: IncomingMessage, url: URL): Promise<Served> {
  const error = options.errorBody ?? plain;
  const method = incoming.method ?? "GET";
  const match = options.router.find(method, url.pathname);
  const missing = `the rehearsal's ${options.part} has no ${method} ${url.pathname}`;
  const handler: Handler = match?.handler ?? (() => ({ status: 404, json: error(404, missing) }));
  const request = readRequest(incoming, url, match?.params ?? {}, error);
  const next: Handler = (given) => settle(options, handler, given);
  const around: Handler = (given) => (options.around ?? ((r, n) => n(r)))(given, next);
  return { answer: await settle(options, around, request), unknown: !match };
}

interface Exchange {
  incoming: IncomingMessage;
  response: ServerResponse;
  fault: FaultAction | undefined;
  /** Aborted when the server closes: what still waits then is not done any more. */
  closing: AbortSignal;
}

/** Serves one request under a fault, if there is one. The status sent is the result, 0 when none was. */
async function exchange(
  options: HttpOptions,
  { incoming, response, fault, closing }: Exchange,
): Promise<{ status: number; unknown: boolean }> {
  const url = new URL(`${schemeOf(options)}://${incoming.headers.host ?? "localhost"}${incoming.url ?? "/"}`);
  if (fault?.kind === "refuse") {
    response.destroy();
    return { status: 0, unknown: false };
  }
  if (fault?.kind === "status") {
    incoming.resume();
    send(response, faultAnswer(fault, options.errorBody ?? plain));
    return { status: fault.status, unknown: false };
  }
  if (fault?.kind === "delay") await sleep(fault.milliseconds, undefined, { signal: closing });
  const { answer: honest, unknown } = await serve(options, incoming, url);
  const answer = fault?.kind === "lie" ? lieAbout(honest, fault) : honest;
  if (fault?.kind === "drop") await sendHalf(response, answer, fault.afterMilliseconds ?? 0);
  else send(response, answer);
  incoming.resume();
  return { status: answer.status, unknown };
}

/** Starts a server; rejects with Node's error when the address cannot be listened on. */
export async function startHttp(options: HttpOptions): Promise<HttpServer> {
  const requests = new RequestLog();
  const closing = new AbortController();
  const server = serverOf(options, (incoming, response) => {
    const at = Date.now();
    const path = incoming.url ?? "/";
    const method = incoming.method ?? "GET";
    const agent = incoming.headers["user-agent"] ?? "";
    const from = incoming.socket.remoteAddress ?? "";
    const fault = options.faults.take(options.part, `${method} ${path}`);
    const log = (status: number, unknown: boolean) =>
      requests.add({
        method,
        path,
        agent,
        from,
        status,
        at,
        milliseconds: Date.now() - at,
        unknown,
        ...(fault ? { fault: fault.kind } : {}),
      });
    exchange(options, { incoming, response, fault, closing: closing.signal }).then(
      ({ status, unknown }) => log(status, unknown),
      () => {
        response.destroy();
        log(0, false);
      },
    );
  });
  server.keepAliveTimeout = 30_000;
  const address = options.address ?? "127.0.0.1";
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, address, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `${schemeOf(options)}://${address}:${port}`,
    requests,
    close: () =>
      new Promise<void>((resolve) => {
        closing.abort();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
