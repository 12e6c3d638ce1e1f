import { createHash } from "node:crypto";
import { z } from "zod";
import { Failure } from "../release/failure.ts";
import type { ImageReference } from "../release/reference.ts";
import { type Release, referencesOf } from "../release/release.ts";
import { type Credentials, RegistryClient } from "./client.ts";

const descriptor = z.object({
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.number().int().nonnegative(),
  platform: z.object({ architecture: z.string(), os: z.string() }).optional(),
});
const manifestSchema = z.union([
  z.object({ config: descriptor, layers: z.array(descriptor).max(200) }),
  z.object({ manifests: z.array(descriptor).max(200) }),
]);

/** Largest manifest that is read: 4 MiB, the limit registries commonly set. */
const manifestLimit = 4 * 1024 * 1024;

/** What hosts run. */
const platform = { os: "linux", architecture: "amd64" };

const named = (service: string, image: ImageReference) =>
  `${service} (${image.registry}/${image.repository}@${image.digest})`;

async function readManifest(client: RegistryClient, service: string, image: ImageReference, digest: string) {
  const response = await client.request("GET", image.repository, `manifests/${digest}`);
  if (response.status === 404)
    throw new Failure({
      code: "ImageMissing",
      message: `expected the registry to serve ${named(service, image)}, it does not know ${digest}`,
      hint: "Push the image again, or promote a release whose images exist.",
    });
  const body = Buffer.from(await response.arrayBuffer());
  const actual = `sha256:${createHash("sha256").update(body).digest("hex")}`;
  const corrupted = (problem: string) =>
    new Failure({ code: "ImageCorrupted", message: `${named(service, image)}: ${problem}` });
  if (!response.ok) throw corrupted(`the registry answered ${response.status} for its manifest`);
  if (body.length > manifestLimit)
    throw corrupted(`the manifest has ${body.length} bytes, more than ${manifestLimit}`);
  if (actual !== digest) throw corrupted(`expected a manifest with digest ${digest}, got ${actual}`);
  const parsed = manifestSchema.safeParse(JSON.parse(body.toString("utf8")));
  if (!parsed.success) throw corrupted("its manifest is not an image's or an index's");
  return { ...parsed.data, corrupted };
}

async function verifyImage(client: RegistryClient, service: string, image: ImageReference): Promise<void> {
  let manifest = await readManifest(client, service, image, image.digest);
  if ("manifests" in manifest) {
    const fitting = manifest.manifests.find(
      (m) => m.platform?.os === platform.os && m.platform.architecture === platform.architecture,
    );
    if (!fitting)
      throw manifest.corrupted(`its index has no manifest for ${platform.os}/${platform.architecture}`);
    manifest = await readManifest(client, service, image, fitting.digest);
    if ("manifests" in manifest) throw manifest.corrupted("an index within its index");
  }
  const { corrupted } = manifest;
  await Promise.all(
    [manifest.config, ...manifest.layers].map(async (blob) => {
      const response = await client.request("HEAD", image.repository, `blobs/${blob.digest}`);
      if (!response.ok)
        throw corrupted(`the registry does not serve its blob ${blob.digest} (${response.status})`);
      const size = response.headers.get("content-length");
      if (size !== null && Number(size) !== blob.size)
        throw corrupted(`expected blob ${blob.digest} with ${blob.size} bytes, the registry has ${size}`);
    }),
  );
}

/**
 * Proves that each image of a release is there: its manifest under its digest, its configuration and every layer, with the sizes
 * that the manifest states.
 * @throws Failure `ImageMissing`, `ImageCorrupted`, `RegistryUnavailable`: the first of them, in the order of services
 */
export async function verifyImages(release: Release, credentials: Credentials | undefined): Promise<void> {
  const clients = new Map<string, RegistryClient>();
  const results = await Promise.allSettled(
    Object.entries(referencesOf(release)).map(([service, image]) => {
      const client = clients.get(image.registry) ?? new RegistryClient(image.registry, credentials);
      clients.set(image.registry, client);
      return verifyImage(client, service, image);
    }),
  );
  const bad = results.find((result) => result.status === "rejected");
  if (bad) throw bad.reason;
}
