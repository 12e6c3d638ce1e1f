/** Sends a request to one server and waits for the head of its answer. */
import { type ClientRequest, type IncomingMessage, request as open } from "node:http";
import type { Readable } from "node:stream";
import type { Loopback } from "../../engine/loopback.ts";

export interface Outgoing {
  method: string;
  /** With the query. */
  target: string;
  /** Names and values in turn. */
  headers: string[];
  /** A body that is there can be sent again, a stream only once. */
  body: Buffer | Readable | undefined;
}

export type Outcome =
  | { kind: "refused" }
  /** The connection ended before there was an answer, or what came was none. */
  | { kind: "empty" }
  /** No answer in time. */
  | { kind: "late" }
  | { kind: "answer"; answer: IncomingMessage; sending: ClientRequest };

/** @param timeout milliseconds the server may take */
export function attempt(
  port: number,
  { method, target, headers, body }: Outgoing,
  timeout: number | undefined,
  loopback: Loopback,
): Promise<Outcome> {
  const socket = loopback.connect(port);
  if (!socket) return Promise.resolve({ kind: "refused" });
  return new Promise((resolve) => {
    const sending = open({ createConnection: () => socket, method, path: target, headers, setHost: false });
    let timer: NodeJS.Timeout | undefined;
    const settle = (outcome: Outcome) => {
      clearTimeout(timer);
      if (outcome.kind !== "answer") sending.destroy();
      resolve(outcome);
    };
    // After the answer has begun, it is the answer that tells of its end.
    sending.on("error", () => settle({ kind: "empty" }));
    sending.on("response", (answer) => settle({ kind: "answer", answer, sending }));
    if (timeout !== undefined) timer = setTimeout(() => settle({ kind: "late" }), timeout);
    if (body === undefined || Buffer.isBuffer(body)) sending.end(body);
    else {
      body.once("error", () => sending.destroy());
      body.pipe(sending);
    }
  });
}
