/** Pushes a release to a registry over HTTP, as a build in CI would. */

import type { Content, OciImage } from "./image.ts";
import { type PushCredentials, RegistryClient } from "./push-client.ts";
import type { ShopRelease } from "./shop.ts";

async function pushBlob(client: RegistryClient, repository: string, blob: Content): Promise<void> {
  const known = await client.ask("HEAD", `/v2/${repository}/blobs/${blob.digest}`, [200, 404]);
  if (known.status === 200) return;
  const started = await client.ask("POST", `/v2/${repository}/blobs/uploads/`, [202]);
  const to = new URL(started.headers.get("location") ?? "", client.url);
  to.searchParams.set("digest", blob.digest);
  await client.ask("PUT", `${to.pathname}${to.search}`, [201], {
    body: blob.bytes,
    type: "application/octet-stream",
  });
}

/** Pushes one image and points the tags at it. Returns its digest. Throws {@link PushFailed}. */
export async function pushImage(
  client: RegistryClient,
  repository: string,
  image: OciImage,
  tags: readonly string[],
): Promise<string> {
  for (const blob of [image.config, ...image.layers]) await pushBlob(client, repository, blob);
  for (const reference of [image.manifestDigest, ...tags]) {
    await client.ask("PUT", `/v2/${repository}/manifests/${reference}`, [201], {
      body: image.manifest,
      type: image.mediaType,
    });
  }
  return image.manifestDigest;
}

/**
 * Pushes the images of a release to `<prefix>/<service>` and tags each with its version. What the registry already has
 * is not sent again.
 * @param registryUrl for instance `http://127.0.0.1:5000`
 * @param credentials `undefined` for a registry that asks for none
 * @param repositoryPrefix for instance `example/shop`
 * @returns by service, the image reference to deploy: `<host>/<prefix>/<service>@sha256:…`
 * @throws PushFailed when the registry refuses something
 */
export async function pushRelease(
  registryUrl: string,
  credentials: PushCredentials | undefined,
  repositoryPrefix: string,
  release: Partial<ShopRelease>,
): Promise<Record<string, string>> {
  const client = new RegistryClient(registryUrl, credentials);
  const { host } = new URL(registryUrl);
  const references: Record<string, string> = {};
  for (const [service, image] of Object.entries(release)) {
    const repository = `${repositoryPrefix}/${service}`;
    const version = image.labels["org.opencontainers.image.version"];
    const digest = await pushImage(client, repository, image, version === undefined ? [] : [version]);
    references[service] = `${host}/${repository}@${digest}`;
  }
  return references;
}
