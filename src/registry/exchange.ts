/**
 * One exchange over HTTP. Node's `fetch` takes three times the processor time of `node:http` for each (a clean-up reads ten thousand manifests:
 * `npm run bench:cleanup`), and keeps a copy of what it sends.
 */
import { type ClientRequest, type IncomingMessage, request as plain } from "node:http";
import { request as secure } from "node:https";
import { addAbortSignal, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { isConfidential } from "./challenge.ts";

/** What a request sends: bytes, or pieces of them. */
export type Body = Uint8Array | AsyncIterable<Uint8Array>;

export interface Exchange {
  method: string;
  headers: Readonly<Record<string, string>>;
  body?: Body | undefined;
  /** Ends it, its answer's body included. */
  signal: AbortSignal;
}

/** Headers of an answer, by their names in any case. */
export interface AnswerHeaders {
  get(name: string): string | null;
}

/** An answer with its body unread: whoever gets it reads it to its end, or destroys it. */
export interface Received {
  status: number;
  headers: AnswerHeaders;
  body: Readable;
}

/** Redirects that are followed, one after another. */
const maximumRedirects = 5;
const redirects = new Set([301, 302, 303, 307, 308]);

/** Where an answer sends the one who asked; `undefined` when it is no redirect, or one into the open. */
function redirectOf(url: URL, { statusCode = 0, headers: { location } }: IncomingMessage): URL | undefined {
  if (!redirects.has(statusCode) || location === undefined || !URL.canParse(location, url.href))
    return undefined;
  const to = new URL(location, url);
  return isConfidential(to) ? to : undefined;
}

/** Another origin is a stranger: our credentials are not for it (Fetch standard, "HTTP-redirect fetch"). */
function headersFor(from: URL, to: URL, headers: Exchange["headers"]): Exchange["headers"] {
  if (from.origin === to.origin) return headers;
  const { authorization: _, ...rest } = headers;
  return rest;
}

async function send(asked: ClientRequest, body: Body | undefined): Promise<void> {
  if (body === undefined || body instanceof Uint8Array) asked.end(body);
  // A failure of the body's source ends the request with it.
  else await pipeline(Readable.from(body), asked);
}

function once(url: URL, { method, headers, body, signal }: Exchange): Promise<IncomingMessage> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const asked = (url.protocol === "https:" ? secure : plain)(url, { method, headers, signal });
    asked.once("response", (answer) => {
      // Who reads it hears of it; nobody else needs to.
      answer.on("error", () => undefined);
      addAbortSignal(signal, answer);
      // Who answers before all was sent does not want the rest.
      answer.once("close", () => void (asked.writableFinished || asked.destroy()));
      resolve(answer);
    });
    // An aborted request says so in its own words; the signal knows why.
    asked.on("error", (error) => reject(signal.aborted ? signal.reason : error));
    send(asked, body).catch(reject);
  });
}

/**
 * Asks, and follows redirects of what only reads.
 * @throws what broke the connection, or the signal's reason
 */
export async function exchange(url: URL, wish: Exchange): Promise<Received> {
  const reads = wish.method === "GET" || wish.method === "HEAD";
  let at = url;
  let { headers } = wish;
  for (let left = maximumRedirects; ; left--) {
    const answer = await once(at, { ...wish, headers });
    const to = reads ? redirectOf(at, answer) : undefined;
    if (!to)
      return {
        status: answer.statusCode ?? 0,
        headers: { get: (name) => textOf(answer.headers[name.toLowerCase()]) },
        body: answer,
      };
    answer.resume();
    if (left === 0) throw new TypeError(`it redirected more than ${maximumRedirects} times`);
    headers = headersFor(at, to, headers);
    at = to;
  }
}

const textOf = (value: string | string[] | undefined): string | null =>
  Array.isArray(value) ? value.join(", ") : (value ?? null);
