/** What goes in and out of the handlers of the rehearsal world's HTTP parts. */
import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";

/** A request as a handler sees it. */
export interface Request {
  method: string;
  /** Path without the query, still percent-encoded. */
  path: string;
  /** Values of the pattern's named parts, percent-decoded. */
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  /** `http://<Host header>`: how the client itself reached this server. */
  origin: string;
  /** The body, for handlers that take it piece by piece. Read it once. */
  stream: Readable;
  /** The whole body. Read it once. */
  bytes(): Promise<Buffer>;
  /** The body as JSON; `undefined` when empty. Throws {@link Refusal} (400) when it is not JSON. Read it once. */
  json(): Promise<unknown>;
}

/** What a handler answers. */
export interface Answer {
  status: number;
  /** Sent as JSON. Give either this or `bytes`, or neither for an empty body. */
  json?: unknown;
  /** Sent as they are. */
  bytes?: Uint8Array;
  headers?: Readonly<Record<string, string>>;
}

export type Handler = (request: Request) => Answer | Promise<Answer>;

/** Thrown by handlers (and what they call) to answer something else than success. */
export class Refusal extends Error {
  readonly answer: Answer;

  constructor(answer: Answer) {
    super(`refused with ${answer.status}: ${JSON.stringify(answer.json ?? null)}`);
    this.name = "Refusal";
    this.answer = answer;
  }
}
