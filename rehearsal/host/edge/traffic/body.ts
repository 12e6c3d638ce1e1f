/** Bodies of requests. */
import type { IncomingMessage } from "node:http";

/** haproxy only repeats requests that fit into one of its buffers. */
const bufferSize = 16 * 1024;

function length(request: IncomingMessage): number {
  if (request.headers["transfer-encoding"] !== undefined) return Number.POSITIVE_INFINITY;
  return Number(request.headers["content-length"] ?? 0);
}

/**
 * What is sent to a server: nothing, the whole of a small body when the request may have to be repeated, or else the
 * stream itself. `gone`: the client went away while its body was read.
 */
export async function bodyOf(
  request: IncomingMessage,
  repeatable: boolean,
): Promise<{ body: Buffer | IncomingMessage | undefined; gone: boolean }> {
  const size = length(request);
  if (size === 0) {
    request.resume();
    return { body: undefined, gone: false };
  }
  if (!repeatable || size > bufferSize) return { body: request, gone: false };
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    return { body: Buffer.concat(chunks), gone: false };
  } catch {
    return { body: undefined, gone: true };
  }
}
