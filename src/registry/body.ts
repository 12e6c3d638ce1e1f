/** Reads a body up to a limit in bytes; `undefined` when it is larger. What is larger is not read to its end. */
export async function readBounded(response: Response, limit: number): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** What a request sends: bytes, or a stream of them. */
export type Body = Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;

/**
 * A body as `fetch` takes it. `fetch` keeps a copy of a whole body for redirects and prompts, a stream's too, unless both are ruled
 * out (Fetch standard, "HTTP-network-or-cache fetch"): a layer must not be in memory as a whole.
 */
export function withBody(body: Body | undefined): RequestInit {
  if (body === undefined) return {};
  return body instanceof ReadableStream
    ? { body, duplex: "half", redirect: "error", window: null }
    : { body };
}
