/** An image that stands 1,000 requests a second: a Node server, with this machine's own Node. */
import { execFileSync } from "node:child_process";
import { readFileSync, realpathSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { baseLayer } from "../../../../rehearsal/images/base.ts";
import { digestOf } from "../../../../rehearsal/images/digest.ts";
import { contentOf, descriptor, type OciImage } from "../../../../rehearsal/images/image.ts";
import {
  type Layer,
  type LayerFile,
  layerMediaType,
  layerOf,
  tarOf,
} from "../../../../rehearsal/images/layer.ts";
import { entry, server } from "./program.ts";

// https://github.com/opencontainers/image-spec/blob/v1.1.0/media-types.md
const manifestType = "application/vnd.oci.image.manifest.v1+json" as const;
const configType = "application/vnd.oci.image.config.v1+json";

/** The shared libraries that a program asks for, its loader included, by their paths. */
const librariesOf = (program: string): string[] =>
  execFileSync("ldd", [program], { encoding: "utf8" })
    .split("\n")
    .flatMap((line) => /(?:=>\s*)?(\/\S+) \(0x/.exec(line)?.[1] ?? []);

const file = (path: string, from = path): LayerFile => ({
  path: path.slice(1),
  content: readFileSync(realpathSync(from)),
  mode: 0o755,
});

let made: Promise<Layer> | undefined;

/** Node and what it needs; 120 MB that every release shares, compressed as little as is worth it. */
async function makeNodeLayer(): Promise<Layer> {
  const node = process.execPath;
  const archive = await tarOf([file("/usr/bin/node", node), ...librariesOf(node).map((path) => file(path))]);
  const bytes = gzipSync(archive, { level: 1 });
  return {
    mediaType: layerMediaType,
    digest: digestOf(bytes),
    size: bytes.length,
    bytes,
    diffId: digestOf(archive),
  };
}

function nodeLayer(): Promise<Layer> {
  made ??= makeNodeLayer();
  return made;
}

export interface LoadedOptions {
  /** What it answers. */
  version: string;
  labels: Readonly<Record<string, string>>;
  createdAt: string;
  busybox: Uint8Array;
}

/** Builds it. Every version is another digest; all but a few hundred bytes is shared. */
export async function loadedImage({ version, labels, createdAt, busybox }: LoadedOptions): Promise<OciImage> {
  const platform = { os: "linux", architecture: "amd64" };
  const layers = [
    await baseLayer(busybox),
    await nodeLayer(),
    await layerOf([
      { path: "app/serve", content: entry, mode: 0o755 },
      { path: "app/server.cjs", content: server(version) },
    ]),
  ];
  const config = contentOf(configType, {
    created: createdAt,
    ...platform,
    config: { Entrypoint: ["/app/serve"], Labels: labels, ExposedPorts: { "8080/tcp": {} } },
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
  });
  const manifest = contentOf(manifestType, {
    schemaVersion: 2,
    mediaType: manifestType,
    config: descriptor(config),
    layers: layers.map(descriptor),
    annotations: labels,
  });
  const { digest: manifestDigest, bytes } = manifest;
  return { mediaType: manifestType, platform, manifest: bytes, manifestDigest, config, layers, labels };
}
