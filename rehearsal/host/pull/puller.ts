/** Fetches images to one host, verifying every byte. */
import { createHash } from "node:crypto";
import { type Image, type ImageStore, imageConfigSchema } from "../engine/image.ts";
import { type Layer, LayerRefused, stackLayers } from "../engine/layer.ts";
import { readCredentials } from "./credentials.ts";
import { bodyOf } from "./http-get.ts";
import type { LayerCache } from "./layers.ts";
import { acceptedManifests, type Descriptor, type Manifest, readManifest, sha256 } from "./manifest.ts";
import { type Reference, registryUrl, storedName } from "./reference.ts";
import { PullRefused, RegistrySession } from "./registry-session.ts";

export interface PullOptions {
  /** Folder with a `config.json`. */
  credentials: string;
  signal: AbortSignal;
}

/** A manifest must be this small; Docker's own limit. */
const manifestLimit = 4 * 1024 * 1024;

export class Puller {
  private readonly images: ImageStore;
  private readonly cache: LayerCache;
  /** Where this host's connections come from. */
  private readonly address: string | undefined;
  /** Layers that this host has, or is getting: side by side pulls of one layer download it once. */
  private readonly held = new Map<string, Promise<Layer>>();

  /** @param address the host's own; default: whichever the machine takes */
  constructor(images: ImageStore, cache: LayerCache, address?: string) {
    this.images = images;
    this.cache = cache;
    this.address = address;
  }

  /** @throws PullRefused, and then nothing is stored under the name */
  async pull(reference: Reference, options: PullOptions): Promise<{ image: Image; digest: string }> {
    using session = new RegistrySession({
      base: registryUrl(reference.registry),
      repository: reference.repository,
      credentials: await readCredentials(options.credentials, reference.registry),
      signal: options.signal,
      address: this.address,
    });
    try {
      const top = await this.manifest(session, reference.digest ?? reference.tag ?? "latest");
      const manifest = await this.forThisPlatform(session, top.bytes);
      // An image that is here already, under whichever name, gets another one; nothing of it is fetched again.
      const image = this.images.withId(manifest.config.digest) ?? (await this.assemble(session, manifest));
      const digest = `${reference.familiar}@${top.digest}`;
      const tag = reference.digest === undefined ? { tag: storedName(reference) } : {};
      return { image: this.images.add(image, { digest, ...tag }), digest: top.digest };
    } catch (cause) {
      if (cause instanceof LayerRefused) throw new PullRefused(cause.message, { cause });
      throw cause;
    }
  }

  private async forThisPlatform(session: RegistrySession, bytes: Buffer): Promise<Manifest> {
    const top = readManifest(bytes);
    if ("manifest" in top) return top.manifest;
    const { bytes: inner } = await this.manifest(session, top.platform.digest);
    const below = readManifest(inner);
    if ("manifest" in below) return below.manifest;
    throw new PullRefused("an image index inside an image index is not supported");
  }

  private async manifest(
    session: RegistrySession,
    reference: string,
  ): Promise<{ bytes: Buffer; digest: string }> {
    const bytes = await readBody(await session.fetch(`manifests/${reference}`, acceptedManifests));
    if (bytes.length > manifestLimit) throw new PullRefused("the manifest is larger than 4 MiB");
    const digest = sha256(bytes);
    if (reference.startsWith("sha256:") && reference !== digest) {
      throw new PullRefused(`manifest verification failed for digest ${reference}`);
    }
    return { bytes, digest };
  }

  private async assemble(
    session: RegistrySession,
    manifest: Manifest,
  ): Promise<Omit<Image, "tags" | "digests">> {
    const [config, ...layers] = await Promise.all([
      this.blob(session, manifest.config),
      ...manifest.layers.map((descriptor) => this.layer(session, descriptor)),
    ]);
    const parsed = imageConfigSchema.safeParse(parse(config));
    if (!parsed.success) throw new PullRefused("the image's configuration cannot be read");
    const { diff_ids } = parsed.data.rootfs;
    if (diff_ids.length !== layers.length || layers.some(({ diffId }, index) => diffId !== diff_ids[index])) {
      throw new PullRefused("layers from manifest don't match image configuration");
    }
    const size = manifest.layers.reduce((sum, layer) => sum + layer.size, 0);
    return { id: manifest.config.digest, config: parsed.data, files: stackLayers(layers), size };
  }

  /** When another pull of the layer fails, or is given up, this one gets it itself. */
  private async layer(session: RegistrySession, descriptor: Descriptor): Promise<Layer> {
    const { digest } = descriptor;
    const held = await this.held.get(digest)?.catch(() => undefined);
    if (held) return held;
    const layer = this.blob(session, descriptor).then((blob) => this.cache.unpack(digest, blob));
    this.held.set(digest, layer);
    layer.catch(() => this.held.delete(digest));
    return layer;
  }

  private async blob(session: RegistrySession, { digest, size }: Descriptor): Promise<Buffer> {
    const response = await session.fetch(`blobs/${digest}`, "*/*");
    const hash = createHash("sha256");
    const chunks: Buffer[] = [];
    let received = 0;
    try {
      for await (const chunk of response) {
        const bytes = chunk as Buffer;
        received += bytes.length;
        if (received > size) break;
        hash.update(bytes);
        chunks.push(bytes);
      }
    } catch (cause) {
      throw new PullRefused("unexpected EOF", { cause });
    }
    if (received !== size || `sha256:${hash.digest("hex")}` !== digest) {
      throw new PullRefused(`filesystem layer verification failed for digest ${digest}`);
    }
    return Buffer.concat(chunks);
  }
}

async function readBody(response: Parameters<typeof bodyOf>[0]): Promise<Buffer> {
  try {
    return await bodyOf(response);
  } catch (cause) {
    throw new PullRefused("unexpected EOF", { cause });
  }
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}
