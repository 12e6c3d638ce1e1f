/** The images of the example application in `app/compose.yaml`. */
import type { BehaviourInput } from "./behaviour.ts";
import { buildImage, type OciImage } from "./image.ts";
import { type ShopService, shopBehaviours, shopServices } from "./shop-behaviours.ts";

/** How one release differs from one that works, by service. */
export type ShopFaults = Partial<Record<ShopService, Partial<BehaviourInput>>>;

export interface ShopReleaseOptions {
  /** For instance `1.4.0`. */
  version: string;
  /** Commit it was built from, 40 hexadecimal digits. */
  commit: string;
  /** ISO 8601. */
  createdAt: string;
  /** Answers given here come before the usual ones (first match wins); everything else replaces. */
  faults?: ShopFaults;
  /** See `BuildOptions.busybox`. */
  busybox?: Uint8Array;
}

/** The images of a release, by service. */
export type ShopRelease = Record<ShopService, OciImage>;

const page = (title: string, version: string) =>
  `<!doctype html>\n<html lang="en"><title>${title}</title><h1>${title} ${version}</h1></html>\n`;

function filesOf(service: ShopService, version: string): Record<string, string> {
  if (service === "web") return { "index.html": page("Shop", version), "assets/version.txt": `${version}\n` };
  if (service === "docs") return { "index.html": page("Shop documentation", version) };
  return {};
}

function withFaults(usual: BehaviourInput, faults: Partial<BehaviourInput> = {}): BehaviourInput {
  return { ...usual, ...faults, answers: [...(faults.answers ?? []), ...(usual.answers ?? [])] };
}

/** Builds a release of the example application. The same options give the same digests. */
export async function shopRelease(options: ShopReleaseOptions): Promise<ShopRelease> {
  const { version, commit, createdAt } = options;
  const build = (service: ShopService) =>
    buildImage({
      behaviour: withFaults(shopBehaviours(version)[service], options.faults?.[service]),
      files: filesOf(service, version),
      createdAt,
      labels: {
        "org.opencontainers.image.source": "https://github.com/example/shop",
        "org.opencontainers.image.revision": commit,
        "org.opencontainers.image.version": version,
        "org.opencontainers.image.created": createdAt,
        "org.opencontainers.image.title": `shop ${service}`,
      },
      ...(options.busybox ? { busybox: options.busybox } : {}),
    });
  const images = await Promise.all(
    shopServices.map(async (service) => [service, await build(service)] as const),
  );
  return Object.fromEntries(images) as ShopRelease;
}
