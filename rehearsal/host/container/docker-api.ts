/** The machine's own container engine, over its socket. https://docs.docker.com/reference/api/engine/ */
import { type IncomingMessage, request } from "node:http";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { ContainerFailure } from "./failure.ts";

/** Newest version of the API that this was written for; older engines are asked in theirs. */
const newestVersion = "1.47";
const oldestVersion = "1.41";

export interface Question {
  method: "GET" | "POST" | "PUT" | "DELETE" | "HEAD";
  /** Without the version, with the query. */
  path: string;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is. */
  body?: Readable | Uint8Array;
  /** Statuses besides 2xx that are answers, not failures. */
  also?: readonly number[];
  /** Milliseconds; default 60 s. */
  timeout?: number;
}

export interface EngineAnswer {
  status: number;
  bytes: Buffer;
}

const numeric = (version: string) => version.split(".").map(Number);

/** Whether API version `a` is older than `b`. */
export function isOlder(a: string, b: string): boolean {
  const [[aMajor = 0, aMinor = 0], [bMajor = 0, bMinor = 0]] = [numeric(a), numeric(b)];
  return aMajor !== bMajor ? aMajor < bMajor : aMinor < bMinor;
}

/**
 * The socket that `DOCKER_HOST` names, or the usual one. Hosts are containers of this machine: an engine elsewhere will not do.
 * @throws ContainerFailure `EngineUnreachable`
 */
export function engineSocket(environment: Readonly<Record<string, string | undefined>>): string {
  const { DOCKER_HOST: given } = environment;
  if (!given) return "/var/run/docker.sock";
  if (given.startsWith("unix://")) return given.slice("unix://".length);
  throw new ContainerFailure(
    "EngineUnreachable",
    `DOCKER_HOST: expected the socket of an engine on this machine (unix://…), found ${given}`,
    { hint: "unset DOCKER_HOST", fault: "user" },
  );
}

export class DockerApi {
  readonly socket: string;
  /** Of the API that both sides know. */
  readonly version: string;

  private constructor(socket: string, version: string) {
    this.socket = socket;
    this.version = version;
  }

  /** @throws ContainerFailure `EngineUnreachable` */
  static async connect(socket: string): Promise<DockerApi> {
    const { headers, bytes } = await exchange(socket, "/_ping", { method: "GET", path: "", timeout: 5000 });
    const offered = String(headers["api-version"] ?? "");
    if (bytes.toString() !== "OK" || isOlder(offered, oldestVersion)) {
      throw new ContainerFailure(
        "EngineUnreachable",
        `expected an engine with API ${oldestVersion} or newer at ${socket}, found ${offered || "something else"}`,
        { hint: "apt-get install docker.io" },
      );
    }
    return new DockerApi(socket, isOlder(offered, newestVersion) ? offered : newestVersion);
  }

  /** @throws ContainerFailure `EngineRefused` or `EngineUnreachable` */
  async ask(question: Question): Promise<EngineAnswer> {
    const path = `/v${this.version}${question.path}`;
    const { status, bytes } = await exchange(this.socket, path, question);
    if ((status >= 200 && status < 300) || question.also?.includes(status)) return { status, bytes };
    throw new ContainerFailure(
      "EngineRefused",
      `${question.method} ${question.path}: the container engine answered ${status}: ${messageOf(bytes)}`,
    );
  }

  /** Asks, and reads the answer as JSON of a form. */
  async read<T>(schema: z.ZodType<T>, question: Question): Promise<T> {
    const { bytes } = await this.ask(question);
    return schema.parse(JSON.parse(bytes.toString()));
  }
}

const refusal = z.object({ message: z.string() });

function messageOf(bytes: Buffer): string {
  try {
    return refusal.parse(JSON.parse(bytes.toString())).message;
  } catch {
    return bytes.toString().slice(0, 500).trim();
  }
}

async function exchange(socketPath: string, path: string, question: Question) {
  const { method, json, body, timeout = 60_000 } = question;
  const payload = json === undefined ? body : Buffer.from(JSON.stringify(json));
  const type = json === undefined ? "application/x-tar" : "application/json";
  const limit = AbortSignal.timeout(timeout);
  const sending = request({
    socketPath,
    path,
    method,
    signal: limit,
    headers: {
      ...(payload !== undefined && { "content-type": type }),
      ...(payload instanceof Uint8Array && { "content-length": payload.length }),
    },
  });
  try {
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      sending.once("response", resolve).once("error", reject);
    });
    if (payload === undefined || payload instanceof Uint8Array) sending.end(payload);
    // An engine that refuses answers before it has taken everything.
    else pipeline(payload, sending).catch(() => undefined);
    const response = await answered;
    return { status: response.statusCode ?? 0, headers: response.headers, bytes: await buffer(response) };
  } catch (cause) {
    const why = limit.aborted
      ? `no answer to ${method} ${path} within ${timeout / 1000} s`
      : cause instanceof Error
        ? cause.message
        : String(cause);
    throw new ContainerFailure("EngineUnreachable", `expected a container engine at ${socketPath}: ${why}`, {
      hint: "apt-get install docker.io && systemctl start docker",
      cause,
    });
  }
}
