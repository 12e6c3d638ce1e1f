/** Releases as the example application's workflow builds them: images pushed by digest, signed, attested, and listed in a file. */
import { pushRelease } from "../images/push.ts";
import type { PushCredentials } from "../images/push-client.ts";
import { type ShopFaults, shopRelease, shopSource } from "../images/shop.ts";
import { attachEvidence } from "../signing/evidence.ts";
import type { SigningKey } from "../signing/key.ts";

/** A release as a build would write it. */
export interface ReleaseFile {
  version: string;
  commit: string;
  createdAt: string;
  images: Record<string, string>;
}

/** Where a workflow pushes to, and with what it signs. */
export interface Workflow {
  registry: { url: string } & PushCredentials;
  key: SigningKey;
  /** See `BuildOptions.busybox`. */
  busybox?: Uint8Array | undefined;
}

/** The workflow's file in the application's repository. */
export const releaseWorkflow = ".github/workflows/release.yaml";

/** Where built images are pushed to: promoting them into production copies them to `example/shop/<service>`. */
export const stagingRepositories = "example/shop-staging";

/**
 * Builds a release, pushes it over HTTP, signs and attests each image.
 * @throws PushFailed when the registry refuses something
 */
export async function buildRelease(
  { registry, key, busybox }: Workflow,
  version: string,
  commit: string,
  faults: ShopFaults = {},
): Promise<ReleaseFile> {
  const createdAt = new Date().toISOString();
  const { postgres: _, ...promoted } = await shopRelease({
    version,
    commit,
    createdAt,
    faults,
    ...(busybox && { busybox }),
  });
  const build = { repository: shopSource, workflow: releaseWorkflow, commit };
  const images = await pushRelease(
    registry.url,
    registry,
    stagingRepositories,
    promoted,
    (service, image, name) => {
      const about = { digest: image.manifestDigest, name, build, scannedAt: createdAt };
      return attachEvidence(about, key, faults[service]?.evidence);
    },
  );
  return { version, commit, createdAt, images };
}
