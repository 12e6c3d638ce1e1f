/** Pushes a release to a registry over HTTP, as a build in CI would. */
import type { Attachment } from "../signing/attachment.ts";
import type { Artifact, Content, OciImage } from "./image.ts";
import { type PushCredentials, RegistryClient } from "./push-client.ts";
import type { ShopRelease } from "./shop.ts";
import type { ShopService } from "./shop-behaviours.ts";

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

/** Pushes one image, or what is attached to one, and points the tags at it. Returns its digest. Throws {@link PushFailed}. */
export async function pushImage(
  client: RegistryClient,
  repository: string,
  image: Artifact,
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

/** What is attached to an image of a service. @param name its repository, with the registry */
export type Attach = (service: ShopService, image: OciImage, name: string) => readonly Attachment[];

/**
 * Pushes the images of a release to `<prefix>/<service>`, tags each with its version, and pushes what is attached to them. What
 * the registry already has is not sent again. Services go side by side.
 * @param registryUrl for instance `http://127.0.0.1:5000`
 * @param credentials `undefined` for a registry that asks for none
 * @param repositoryPrefix for instance `example/shop-staging`
 * @param attach default: nothing is attached
 * @returns by service, the image reference to deploy: `<host>/<prefix>/<service>@sha256:…`
 * @throws PushFailed when the registry refuses something
 */
export async function pushRelease(
  registryUrl: string,
  credentials: PushCredentials | undefined,
  repositoryPrefix: string,
  release: Partial<ShopRelease>,
  attach: Attach = () => [],
): Promise<Record<string, string>> {
  const { host } = new URL(registryUrl);
  const push = async ([service, image]: [ShopService, OciImage]): Promise<[string, string]> => {
    // A token is for one repository.
    const client = new RegistryClient(registryUrl, credentials);
    const repository = `${repositoryPrefix}/${service}`;
    const version = image.labels["org.opencontainers.image.version"];
    const digest = await pushImage(client, repository, image, version === undefined ? [] : [version]);
    for (const { tag, artifact } of attach(service, image, `${host}/${repository}`))
      await pushImage(client, repository, artifact, [tag]);
    return [service, `${host}/${repository}@${digest}`];
  };
  const images = Object.entries(release) as [ShopService, OciImage][];
  return Object.fromEntries(await Promise.all(images.map(push)));
}
