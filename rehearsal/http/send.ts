/** Puts an answer on the wire. */
import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Answer } from "./exchange.ts";

function bodyOf(answer: Answer): { type: string; bytes: Uint8Array } {
  if (answer.bytes) return { type: "application/octet-stream", bytes: answer.bytes };
  const text = answer.json === undefined ? "" : JSON.stringify(answer.json);
  return { type: "application/json; charset=utf-8", bytes: Buffer.from(text) };
}

function writeHead(response: ServerResponse, answer: Answer): Uint8Array {
  const { type, bytes } = bodyOf(answer);
  const bodiless = answer.status === 204 || answer.status === 304;
  if (!bodiless) response.setHeader("content-length", bytes.length);
  if (!bodiless && bytes.length > 0) response.setHeader("content-type", type);
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
  response.statusCode = answer.status;
  return bodiless ? new Uint8Array() : bytes;
}

/** Sends the whole answer. For HEAD requests the headers speak of the body that a GET would bring. */
export function send(response: ServerResponse, answer: Answer): void {
  response.end(writeHead(response, answer));
}

/**
 * Sends the headers and half of the body, then destroys the connection after so many milliseconds. A client sees a
 * connection that broke in the middle of the answer; with an empty body, one that broke after the request was served.
 */
export async function sendHalf(
  response: ServerResponse,
  answer: Answer,
  milliseconds: number,
): Promise<void> {
  const bytes = writeHead(response, answer);
  if (bytes.length > 0) response.write(bytes.subarray(0, Math.floor(bytes.length / 2)));
  await sleep(Math.max(milliseconds, 1));
  response.destroy();
}
