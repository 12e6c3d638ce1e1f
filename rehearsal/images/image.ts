/** OCI images made by our own code, in memory and without a container engine. */
import { baseLayer } from "./base.ts";
import { type Behaviour, type BehaviourInput, behaviourSchema } from "./behaviour.ts";
import { digestOf } from "./digest.ts";
import { type Layer, layerOf } from "./layer.ts";

export const manifestMediaType = "application/vnd.oci.image.manifest.v1+json";
export const configMediaType = "application/vnd.oci.image.config.v1+json";

export interface Platform {
  os: string;
  architecture: string;
}

/** A piece of content with what a manifest says of it. */
export interface Content {
  mediaType: string;
  digest: string;
  size: number;
  bytes: Buffer;
}

/** A manifest with all that it refers to: everything a registry needs to hold it. */
export interface Artifact {
  mediaType: typeof manifestMediaType;
  /** The manifest's bytes; their digest is the artifact's identity. */
  manifest: Buffer;
  manifestDigest: string;
  config: Content;
  layers: readonly Content[];
}

/** An image that can run. */
export interface OciImage extends Artifact {
  platform: Platform;
  layers: readonly Layer[];
  labels: Readonly<Record<string, string>>;
}

export interface BuildOptions {
  behaviour: BehaviourInput;
  /** Static files, by path below `/app/www`. */
  files?: Readonly<Record<string, string>>;
  /** Scripts that its containers can run, by path from the root, for instance `usr/bin/pg_isready`. */
  programs?: Readonly<Record<string, string>>;
  /** Labels of the image, for instance `org.opencontainers.image.revision`; also set as the manifest's annotations. */
  labels?: Readonly<Record<string, string>>;
  /** Environment of its containers, before what the compose file sets. */
  environment?: Readonly<Record<string, string>>;
  /** Default linux/amd64. */
  platform?: Platform;
  /** When it says it was created, ISO 8601; default 1970-01-01T00:00:00Z. */
  createdAt?: string;
  /**
   * The executable of a static busybox, put at `/bin/busybox`: with it the image runs in a real container engine.
   * Default none: simulated hosts read `/app/service.json` themselves.
   */
  busybox?: Uint8Array;
  /** Bytes that the manifest says of the last layer, whatever it really has; default the truth. */
  declaredBytes?: number;
}

const second = 1_000_000_000;

/** The same check as in the example's compose file; durations in nanoseconds, as Docker's image format has them. */
const healthcheck = {
  Test: ["CMD", "/app/serve", "--health"],
  Interval: 5 * second,
  Timeout: 2 * second,
  Retries: 3,
  StartPeriod: 20 * second,
  StartInterval: 0.2 * second,
};

/** A value as JSON, with its digest. */
export function contentOf(mediaType: string, value: unknown): Content {
  const bytes = Buffer.from(JSON.stringify(value));
  return { mediaType, digest: digestOf(bytes), size: bytes.length, bytes };
}

/** What a manifest says of a piece of content. */
export const descriptor = ({ mediaType, digest, size }: Content) => ({ mediaType, digest, size });

function configOf(options: BuildOptions, behaviour: Behaviour, layers: readonly Layer[]): Content {
  const { platform = { os: "linux", architecture: "amd64" }, environment = {}, labels = {} } = options;
  const created = options.createdAt ?? "1970-01-01T00:00:00Z";
  const service = behaviour.listen === undefined ? {} : { Healthcheck: healthcheck };
  const ports = behaviour.listen === undefined ? {} : { ExposedPorts: { [`${behaviour.listen}/tcp`]: {} } };
  return contentOf(configMediaType, {
    created,
    architecture: platform.architecture,
    os: platform.os,
    config: {
      Env: [
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
      ],
      Entrypoint: ["/app/serve"],
      WorkingDir: "/app",
      Labels: labels,
      ...ports,
      ...service,
    },
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(() => ({ created, created_by: "liftlock rehearsal" })),
  });
}

/**
 * Builds an image that behaves as described: a base layer that all images share, one with `/app/service.json`, and one each
 * with `/app/www` and with programs when there are any. The same options give the same digest. Throws zod's error when the behaviour
 * does not fit its schema.
 */
export async function buildImage(options: BuildOptions): Promise<OciImage> {
  const behaviour = behaviourSchema.parse(options.behaviour);
  const description = JSON.stringify(behaviour, null, 2);
  const files = Object.entries(options.files ?? {});
  const layers = [
    await baseLayer(options.busybox),
    await layerOf([{ path: "app/service.json", content: `${description}\n` }]),
  ];
  if (files.length > 0) {
    layers.push(await layerOf(files.map(([path, content]) => ({ path: `app/www/${path}`, content }))));
  }
  const programs = Object.entries(options.programs ?? {});
  if (programs.length > 0) {
    layers.push(await layerOf(programs.map(([path, content]) => ({ path, content, mode: 0o755 }))));
  }
  const config = configOf(options, behaviour, layers);
  const { labels = {}, declaredBytes } = options;
  const described = layers.map(descriptor);
  const last = described.at(-1);
  if (last && declaredBytes !== undefined) last.size = declaredBytes;
  const manifest = contentOf(manifestMediaType, {
    schemaVersion: 2,
    mediaType: manifestMediaType,
    config: descriptor(config),
    layers: described,
    ...(Object.keys(labels).length > 0 ? { annotations: labels } : {}),
  });
  return {
    mediaType: manifestMediaType,
    platform: options.platform ?? { os: "linux", architecture: "amd64" },
    manifest: manifest.bytes,
    manifestDigest: manifest.digest,
    config,
    layers,
    labels,
  };
}
