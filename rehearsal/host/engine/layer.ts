/** Layers and the files that they add up to. */
import { createHash } from "node:crypto";
import { posix } from "node:path";
import { gunzipSync } from "node:zlib";
import { extract } from "tar-stream";

/** Regular files by their absolute path in the image. */
export type Files = ReadonlyMap<string, Buffer>;

/** One unpacked layer: what it adds and what it hides of the layers below. */
export interface Layer {
  /** Digest of the uncompressed archive, which the image's configuration lists. */
  readonly diffId: string;
  readonly files: Files;
  /** Paths deleted by whiteouts. */
  readonly removed: readonly string[];
  /** Folders whose earlier content an opaque whiteout hides. */
  readonly opaque: readonly string[];
}

/** Why a layer cannot be unpacked; the text is what the engine says. */
export class LayerRefused extends Error {
  override name = "LayerRefused";
}

const whiteout = ".wh.";
const opaqueWhiteout = ".wh..wh..opq";

/**
 * Unpacks a layer (tar, plain or gzip). Folders, devices and owners are left out: nothing that a simulated host runs
 * looks at them. @throws LayerRefused for entries outside the root and for archives that are none
 */
export async function unpackLayer(blob: Buffer): Promise<Layer> {
  const archive = isGzip(blob) ? inflate(blob) : blob;
  const files = new Map<string, Buffer>();
  const removed: string[] = [];
  const opaque: string[] = [];
  const unpack = extract();
  unpack.end(archive);
  try {
    for await (const entry of unpack) {
      const path = insideRoot(entry.header.name);
      const name = posix.basename(path);
      if (name === opaqueWhiteout) opaque.push(posix.dirname(path));
      else if (name.startsWith(whiteout))
        removed.push(posix.join(posix.dirname(path), name.slice(whiteout.length)));
      else if (entry.header.type === "file") {
        const chunks: Buffer[] = [];
        for await (const chunk of entry) chunks.push(chunk as Buffer);
        files.set(path, Buffer.concat(chunks));
        continue;
      } else if (entry.header.type === "link") linkFile(files, path, entry.header.linkname);
      else if (entry.header.type === "symlink") copyTarget(files, path, entry.header.linkname);
      entry.resume();
    }
  } catch (cause) {
    if (cause instanceof LayerRefused) throw cause;
    throw new LayerRefused(`archive/tar: invalid tar header: ${String(cause)}`, { cause });
  }
  return { diffId: `sha256:${createHash("sha256").update(archive).digest("hex")}`, files, removed, opaque };
}

/** Puts layers on top of each other, lowest first. */
export function stackLayers(layers: readonly Layer[]): Files {
  const result = new Map<string, Buffer>();
  for (const layer of layers) {
    for (const folder of layer.opaque) deleteTree(result, folder, false);
    for (const path of layer.removed) deleteTree(result, path, true);
    for (const [path, content] of layer.files) result.set(path, content);
  }
  return result;
}

function isGzip(blob: Buffer): boolean {
  return blob[0] === 0x1f && blob[1] === 0x8b;
}

function inflate(blob: Buffer): Buffer {
  try {
    return gunzipSync(blob);
  } catch (cause) {
    throw new LayerRefused(`gzip: ${String(cause)}`, { cause });
  }
}

function insideRoot(name: string): string {
  if (name.split("/").includes("..")) {
    throw new LayerRefused(`failed to register layer: invalid path "${name}": breakout of the root`);
  }
  return posix.join("/", name);
}

function linkFile(files: Map<string, Buffer>, path: string, linkname: string | null | undefined): void {
  const target = files.get(insideRoot(linkname ?? ""));
  if (target === undefined) throw new LayerRefused(`failed to register layer: link ${path} leads nowhere`);
  files.set(path, target);
}

/** A symbolic link is followed when its target is a file of the same layer, else left out. */
function copyTarget(files: Map<string, Buffer>, path: string, linkname: string | null | undefined): void {
  const target = files.get(posix.resolve(posix.dirname(path), linkname ?? ""));
  if (target !== undefined) files.set(path, target);
}

function deleteTree(files: Map<string, Buffer>, path: string, itself: boolean): void {
  const prefix = path.endsWith("/") ? path : `${path}/`;
  for (const name of files.keys()) {
    if (name.startsWith(prefix) || (itself && name === path)) files.delete(name);
  }
}
