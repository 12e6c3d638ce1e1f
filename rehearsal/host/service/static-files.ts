/** The files that an image serves. */
import { posix } from "node:path";
import type { Files } from "../engine/layer.ts";
import { contentType } from "./content-type.ts";

const root = "/app/www";

/** The file for a request path, a folder's `index.html` included. */
export function staticFile(files: Files, path: string): { type: string; content: Buffer } | undefined {
  const wanted = decode(path);
  if (wanted === undefined) return undefined;
  const name = posix.join(root, posix.normalize(posix.join("/", wanted)));
  for (const candidate of [name, posix.join(name, "index.html")]) {
    const content = files.get(candidate);
    if (content !== undefined) return { type: contentType(candidate), content };
  }
  return undefined;
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
