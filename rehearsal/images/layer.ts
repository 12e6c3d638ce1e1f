/** File system layers: tar archives whose bytes depend on nothing but the files in them. */
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { digestOf } from "./digest.ts";

export interface LayerFile {
  /** Path from the root, without a slash in front. */
  path: string;
  content: string | Uint8Array;
  /** Permission bits; default 0o644. */
  mode?: number;
}

/** A layer as it lies in a registry, and the digest of its archive before compression. */
export interface Layer {
  mediaType: string;
  digest: string;
  size: number;
  bytes: Buffer;
  /** Digest of the uncompressed archive, for the image's configuration. */
  diffId: string;
}

/** Media type of a gzip-compressed layer, from the OCI image specification 1.1. */
export const layerMediaType = "application/vnd.oci.image.layer.v1.tar+gzip";

/** All entries carry this time, so that the same files give the same digest on any day. */
const epoch = new Date(0);

function parents(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

/** An archive of these files and the directories they lie in, in the order of their paths, owned by root. */
export async function tarOf(files: readonly LayerFile[]): Promise<Buffer> {
  const archive = pack();
  const bytes = buffer(archive);
  const directories = new Set(files.flatMap(({ path }) => parents(path)));
  const common = { uid: 0, gid: 0, mtime: epoch };
  const entries = [
    ...[...directories].map((path) => ({ path, file: undefined })),
    ...files.map((file) => ({ path: file.path, file })),
  ].sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const { path, file } of entries) {
    if (file) archive.entry({ ...common, name: path, mode: file.mode ?? 0o644 }, Buffer.from(file.content));
    else archive.entry({ ...common, name: `${path}/`, type: "directory", mode: 0o755 });
  }
  archive.finalize();
  return bytes;
}

/**
 * A compressed layer of these files. The same files give the same digest wherever the same zlib runs; the digest of
 * the archive (`diffId`) depends on the files alone.
 */
export async function layerOf(files: readonly LayerFile[]): Promise<Layer> {
  const archive = await tarOf(files);
  const bytes = gzipSync(archive, { level: 9 });
  bytes[9] = 255; // the operating system in the gzip header (RFC 1952): unknown, whichever this is
  return {
    mediaType: layerMediaType,
    digest: digestOf(bytes),
    size: bytes.length,
    bytes,
    diffId: digestOf(archive),
  };
}
