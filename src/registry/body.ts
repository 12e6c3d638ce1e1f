/** Reads a body up to a limit in bytes; `undefined` when it is larger. What is larger is not read to its end. */
export async function readBounded(
  { body }: { body: AsyncIterable<Uint8Array> },
  limit: number,
): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
