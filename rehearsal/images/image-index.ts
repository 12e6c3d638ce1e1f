/** Images for several platforms under one digest. */
import { digestOf } from "./digest.ts";
import type { OciImage } from "./image.ts";

export const indexMediaType = "application/vnd.oci.image.index.v1+json";

/** An image index: one manifest for each platform. */
export interface OciIndex {
  mediaType: typeof indexMediaType;
  manifest: Buffer;
  manifestDigest: string;
  images: readonly OciImage[];
}

/** An index of these images, in the order given. */
export function buildIndex(images: readonly OciImage[]): OciIndex {
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: indexMediaType,
      manifests: images.map((image) => ({
        mediaType: image.mediaType,
        digest: image.manifestDigest,
        size: image.manifest.length,
        platform: image.platform,
      })),
    }),
  );
  return { mediaType: indexMediaType, manifest, manifestDigest: digestOf(manifest), images };
}
