import { randomBytes } from "node:crypto";
import { buildImage, type OciImage } from "../../../../rehearsal/images/image.ts";
import { pushImage } from "../../../../rehearsal/images/push.ts";
import { RegistryClient } from "../../../../rehearsal/images/push-client.ts";
import { shopSource } from "../../../../rehearsal/images/shop.ts";
import { attachEvidence } from "../../../../rehearsal/signing/evidence.ts";
import type { SigningKey } from "../../../../rehearsal/signing/key.ts";
import {
  type ReleaseFile,
  releaseWorkflow,
  stagingRepositories,
} from "../../../../rehearsal/world/release.ts";
import { loadedImage } from "./loaded.ts";

/** Where a release is pushed to, and with what it is signed. */
export interface Works {
  registry: { url: string; username: string; password: string };
  key: SigningKey;
  busybox: Uint8Array;
}

/** What a release's images are: a server that stands load, or the smallest one that answers. */
export type Make = "loaded" | "small";

export interface BuildWish {
  version: string;
  services: readonly string[];
  make: Make;
}

type About = { version: string; labels: Record<string, string>; createdAt: string };

const imageOf = (service: string, make: Make, about: About, busybox: Uint8Array): Promise<OciImage> =>
  make === "loaded"
    ? loadedImage({ ...about, busybox })
    : buildImage({
        behaviour: {
          service,
          version: about.version,
          listen: 8080,
          answers: ["/healthz", "/version", "/"].map((path) => ({ path, body: about.version })),
        },
        labels: about.labels,
        createdAt: about.createdAt,
        busybox,
      });

/** Builds a release, pushes it to staging's repositories, signs and attests it, as a workflow would. Every digest is new. */
export async function buildRelease(
  { registry, key, busybox }: Works,
  { version, services, make }: BuildWish,
): Promise<ReleaseFile> {
  const commit = randomBytes(20).toString("hex");
  const createdAt = new Date().toISOString();
  const labels = (service: string) => ({
    "org.opencontainers.image.source": shopSource,
    "org.opencontainers.image.revision": commit,
    "org.opencontainers.image.version": version,
    "org.opencontainers.image.created": createdAt,
    "org.opencontainers.image.title": service,
  });
  const build = { repository: shopSource, workflow: releaseWorkflow, commit };
  const { host } = new URL(registry.url);
  const push = async (service: string): Promise<[string, string]> => {
    const image = await imageOf(service, make, { version, labels: labels(service), createdAt }, busybox);
    const client = new RegistryClient(registry.url, registry);
    const repository = `${stagingRepositories}/${service}`;
    const digest = await pushImage(client, repository, image, [version]);
    const about = { digest, name: `${host}/${repository}`, build, scannedAt: createdAt };
    for (const { tag, artifact } of attachEvidence(about, key))
      await pushImage(client, repository, artifact, [tag]);
    return [service, `${host}/${repository}@${digest}`];
  };
  return { version, commit, createdAt, images: Object.fromEntries(await Promise.all(services.map(push))) };
}
