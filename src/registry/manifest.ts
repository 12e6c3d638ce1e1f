import { createHash } from "node:crypto";
import { z } from "zod";
import { type Digest, isDigest } from "../release/digest.ts";
import { parseJson } from "./json.ts";
import { registryLimits } from "./limits.ts";

/** What one piece of content says of another (OCI image specification 1.1, "Content Descriptors"). */
export interface Descriptor {
  mediaType: string;
  digest: Digest;
  /** Bytes. */
  size: number;
  artifactType?: string | undefined;
  annotations?: Record<string, string> | undefined;
  platform?: { os: string; architecture: string; variant?: string | undefined } | undefined;
}

/** A manifest as a registry keeps it; its digest is that of exactly these bytes. */
export interface StoredManifest {
  mediaType: string;
  digest: Digest;
  bytes: Buffer;
}

/** What a manifest refers to. */
export type ManifestContent =
  | { kind: "image"; mediaType: string; config: Descriptor; layers: Descriptor[] }
  | { kind: "index"; mediaType: string; manifests: Descriptor[] };

export const imageTypes = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
] as const;
export const indexTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
] as const;

export const manifestTypes: readonly string[] = [...imageTypes, ...indexTypes];

const descriptor = z.object({
  mediaType: z.string().max(255).default("application/octet-stream"),
  digest: z.custom<Digest>((value) => typeof value === "string" && isDigest(value)),
  size: z.int().nonnegative(),
  artifactType: z.string().max(255).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  platform: z.object({ os: z.string(), architecture: z.string(), variant: z.string().optional() }).optional(),
});
const imageSchema = z.object({
  mediaType: z.enum(imageTypes).optional(),
  config: descriptor,
  layers: z.array(descriptor).max(registryLimits.layers),
  // With both, two readers may see two images in the same bytes (CVE-2021-41190).
  manifests: z.never().optional(),
});
const indexSchema = z.object({
  mediaType: z.enum(indexTypes).optional(),
  manifests: z.array(descriptor).max(registryLimits.layers),
  config: z.never().optional(),
  layers: z.never().optional(),
});

export const sha256 = (bytes: Uint8Array): Digest =>
  `sha256:${createHash("sha256").update(bytes).digest("hex")}` as Digest;

/** What a manifest's bytes say; `undefined` when they are neither an image's nor an index's. */
export function parseManifest(bytes: Buffer): ManifestContent | undefined {
  const value = parseJson(bytes);
  const image = imageSchema.safeParse(value);
  if (image.success) {
    const { config, layers, mediaType = imageTypes[0] } = image.data;
    return { kind: "image", mediaType, config, layers };
  }
  const index = indexSchema.safeParse(value);
  if (!index.success) return undefined;
  return { kind: "index", mediaType: index.data.mediaType ?? indexTypes[0], manifests: index.data.manifests };
}

/** The blobs of an image, each once, configuration first. */
export function blobsOf(content: ManifestContent): Descriptor[] {
  if (content.kind === "index") return [];
  return [...new Map([content.config, ...content.layers].map((blob) => [blob.digest, blob])).values()];
}

/** The blobs that a stored manifest lists; none for an index, or for what is neither. */
export function blobsIn({ bytes }: StoredManifest): Descriptor[] {
  const content = parseManifest(bytes);
  return content ? blobsOf(content) : [];
}
