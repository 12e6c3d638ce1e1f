/** Answers that the edge gives itself: haproxy's own texts. */
import { STATUS_CODES } from "node:http";
import type { ErrorPage } from "../config/model.ts";

export interface OwnAnswer {
  status: number;
  reason: string;
  headers: readonly (readonly [string, string])[];
  body: Buffer;
}

const texts = {
  400: ["Bad request", "400 Bad request", "Your browser sent an invalid request."],
  408: ["Request Time-out", "408 Request Time-out", "Your browser didn't send a complete request in time."],
  502: ["Bad Gateway", "502 Bad Gateway", "The server returned an invalid or incomplete response."],
  503: ["Service Unavailable", "503 Service Unavailable", "No server is available to handle this request."],
  504: ["Gateway Time-out", "504 Gateway Time-out", "The server didn't respond in time."],
} as const;

export type ErrorStatus = keyof typeof texts;

/** The error's page: the configured one, or haproxy's. */
export function errorAnswer(status: ErrorStatus, pages: ReadonlyMap<number, ErrorPage>): OwnAnswer {
  const [reason, title, text] = texts[status];
  const page = pages.get(status);
  const body = page?.body ?? Buffer.from(`<html><body><h1>${title}</h1>\n${text}\n</body></html>\n`);
  const cache = page ? [] : [["cache-control", "no-cache"] as const];
  const type = page?.contentType ?? "text/html";
  return {
    status,
    reason,
    headers: [["content-length", String(body.length)], ...cache, ["content-type", type]],
    body,
  };
}

/** A text that a rule gives. */
export function ownText(status: number, contentType: string, text: string): OwnAnswer {
  const body = Buffer.from(text);
  const headers = [["content-length", String(body.length)] as const, ["content-type", contentType] as const];
  return { status, reason: STATUS_CODES[status] ?? "", headers, body };
}

/** The whole answer as bytes, for clients whose request could not even be read. */
export function rawAnswer({ status, reason, headers, body }: OwnAnswer): Buffer {
  const lines = [...headers, ["connection", "close"] as const].map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} ${reason}\r\n${lines.join("")}\r\n`), body]);
}
