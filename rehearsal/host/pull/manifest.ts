/** Manifests and indexes. https://github.com/opencontainers/image-spec */
import { createHash } from "node:crypto";
import { z } from "zod";
import { PullRefused } from "./registry-session.ts";

const descriptorSchema = z.looseObject({
  mediaType: z.string(),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.number().int().nonnegative(),
});
export type Descriptor = z.output<typeof descriptorSchema>;

const manifestSchema = z.looseObject({
  schemaVersion: z.literal(2),
  config: descriptorSchema,
  layers: z.array(descriptorSchema),
});
export type Manifest = z.output<typeof manifestSchema>;

const indexSchema = z.looseObject({
  schemaVersion: z.literal(2),
  manifests: z.array(
    descriptorSchema.extend({
      platform: z.looseObject({ os: z.string(), architecture: z.string() }).optional(),
    }),
  ),
});

/** What Docker asks for. */
export const acceptedManifests = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

export function sha256(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** Reads what a registry sent for a manifest: an image, or the digest of the one for linux/amd64. @throws PullRefused */
export function readManifest(bytes: Buffer): { manifest: Manifest } | { platform: Descriptor } {
  const value = parse(bytes);
  const index = indexSchema.safeParse(value);
  if (index.success) {
    const fitting = index.data.manifests.find(
      ({ platform }) => platform?.os === "linux" && platform.architecture === "amd64",
    );
    if (!fitting) throw new PullRefused("no matching manifest for linux/amd64 in the manifest list entries");
    return { platform: fitting };
  }
  const manifest = manifestSchema.safeParse(value);
  if (!manifest.success) throw new PullRefused("the registry sent something that is no image manifest");
  return { manifest: manifest.data };
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}
