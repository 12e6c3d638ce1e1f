/** One repository in memory, over really built manifests; what is in it can be forged at will. */
import { createHash } from "node:crypto";
import type { OciImage } from "../../rehearsal/images/image.ts";
import type { OciIndex } from "../../rehearsal/images/image-index.ts";
import type { ArtifactSource, Descriptor } from "../../src/trust/source.ts";

export const manifestType = "application/vnd.oci.image.manifest.v1+json";
export const bundleType = "application/vnd.dev.sigstore.bundle.v0.3+json";

export const digestOf = (bytes: Buffer | string): string =>
  `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

/** What is written of a repository that somebody else's tool filled. */
export interface Recording {
  tags: Record<string, string>;
  /** By digest: the text. */
  manifests: Record<string, string>;
  /** By digest: base64. */
  blobs: Record<string, string>;
}

export class MemoryRepository implements ArtifactSource {
  readonly tags = new Map<string, string>();
  readonly manifests = new Map<string, Buffer>();
  readonly blobs = new Map<string, Buffer>();

  static from(recording: Recording): MemoryRepository {
    const repository = new MemoryRepository();
    for (const [tag, digest] of Object.entries(recording.tags)) repository.tags.set(tag, digest);
    for (const [digest, text] of Object.entries(recording.manifests))
      repository.manifests.set(digest, Buffer.from(text));
    for (const [digest, base64] of Object.entries(recording.blobs))
      repository.blobs.set(digest, Buffer.from(base64, "base64"));
    return repository;
  }

  async manifest(reference: string) {
    const digest = reference.startsWith("sha256:") ? reference : (this.tags.get(reference) ?? "");
    const bytes = this.manifests.get(digest);
    if (!bytes) return undefined;
    const { mediaType = manifestType } = JSON.parse(bytes.toString()) as { mediaType?: string };
    return { mediaType, digest, bytes };
  }

  async blob({ digest }: { digest: string }, limit: number): Promise<Buffer> {
    return (this.blobs.get(digest) ?? Buffer.from("")).subarray(0, limit + 1);
  }

  async referrers(digest: string): Promise<readonly Descriptor[]> {
    const index = await this.manifest(digest.replace(":", "-"));
    return index ? (JSON.parse(index.bytes.toString()) as { manifests: Descriptor[] }).manifests : [];
  }

  putBlob(bytes: Buffer, mediaType: string, annotations?: Record<string, string>): Descriptor {
    const digest = digestOf(bytes);
    this.blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length, ...(annotations && { annotations }) };
  }

  putManifest(value: object, tag?: string): Descriptor {
    const bytes = Buffer.from(JSON.stringify(value));
    const digest = digestOf(bytes);
    this.manifests.set(digest, bytes);
    if (tag !== undefined) this.tags.set(tag, digest);
    return { mediaType: manifestType, digest, size: bytes.length };
  }

  pushImage(image: OciImage | OciIndex): string {
    if ("images" in image) for (const one of image.images) this.pushImage(one);
    else this.blobs.set(image.config.digest, image.config.bytes);
    this.manifests.set(image.manifestDigest, image.manifest);
    return image.manifestDigest;
  }

  /** Adds layers to the manifest at cosign's tag for an image, `.sig` or `.att`. */
  addLayer(digest: string, suffix: "sig" | "att", layer: Descriptor): void {
    const tag = `${digest.replace(":", "-")}.${suffix}`;
    const old = this.manifests.get(this.tags.get(tag) ?? "");
    const layers = old ? (JSON.parse(old.toString()) as { layers: Descriptor[] }).layers : [];
    this.putManifest({ schemaVersion: 2, mediaType: manifestType, layers: [...layers, layer] }, tag);
  }

  /** Attaches a document as a referrer, in the fallback index as GHCR's clients keep it. */
  refer(digest: string, document: Buffer, mediaType: string, subject = digest): void {
    const layer = this.putBlob(document, mediaType);
    const referrer = this.putManifest({
      schemaVersion: 2,
      mediaType: manifestType,
      artifactType: mediaType,
      layers: [layer],
      subject: { mediaType: manifestType, digest: subject, size: 1 },
    });
    const tag = digest.replace(":", "-");
    const old = this.manifests.get(this.tags.get(tag) ?? "");
    const manifests = old ? (JSON.parse(old.toString()) as { manifests: Descriptor[] }).manifests : [];
    this.putManifest(
      {
        schemaVersion: 2,
        mediaType: "application/vnd.oci.image.index.v1+json",
        manifests: [...manifests, referrer],
      },
      tag,
    );
  }
}
