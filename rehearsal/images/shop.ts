/** The images of the example application in `app/compose.yaml`. */
import { readFileSync } from "node:fs";
import type { EvidenceFaults } from "../signing/evidence.ts";
import type { BehaviourInput } from "./behaviour.ts";
import { buildImage, type OciImage } from "./image.ts";
import { type ShopService, shopBehaviours, shopServices } from "./shop-behaviours.ts";

/** How an image is built otherwise than it should be. */
export interface BuildFaults {
  /** Commit that its label names. */
  revision?: string;
  /** See `BuildOptions.declaredBytes`. */
  declaredBytes?: number;
}

/** How one image differs from one that works: what it does when it runs, how it is built, and what is signed of it. */
export interface ImageFaults extends Partial<BehaviourInput> {
  build?: BuildFaults;
  evidence?: EvidenceFaults;
}

/** How one release differs from one that works, by service. */
export type ShopFaults = Partial<Record<ShopService, ImageFaults>>;

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

/** Where the example application's source is. */
export const shopSource = "https://github.com/example/shop";

const page = (title: string, version: string) =>
  `<!doctype html>\n<html lang="en"><title>${title}</title><h1>${title} ${version}</h1></html>\n`;

function filesOf(service: ShopService, version: string): Record<string, string> {
  if (service === "web") return { "index.html": page("Shop", version), "assets/version.txt": `${version}\n` };
  if (service === "docs") return { "index.html": page("Shop documentation", version) };
  return {};
}

/** What the compose file's health check of the database calls. Simulated hosts answer it themselves. */
const pgIsReady = `#!/bin/busybox sh
# Options are not looked at: there is one database.
exec /app/serve --listening
`;

/** What runs in the database's container: its health check, and one script under the names of its programs. */
function databasePrograms(): Record<string, string> {
  const script = readFileSync(new URL("database.sh", import.meta.url), "utf8");
  const programs = ["pg_dump", "pg_restore", "psql"].map((name) => [`usr/bin/${name}`, script] as const);
  return { "usr/bin/pg_isready": pgIsReady, ...Object.fromEntries(programs) };
}

function withFaults(usual: BehaviourInput, faults: ImageFaults): BehaviourInput {
  const { build: _, evidence: __, ...behaviour } = faults;
  return { ...usual, ...behaviour, answers: [...(behaviour.answers ?? []), ...(usual.answers ?? [])] };
}

/** Builds a release of the example application. The same options give the same digests. */
export async function shopRelease(options: ShopReleaseOptions): Promise<ShopRelease> {
  const { version, commit, createdAt } = options;
  const build = (service: ShopService) => {
    const faults = options.faults?.[service] ?? {};
    const { revision = commit, declaredBytes } = faults.build ?? {};
    return buildImage({
      behaviour: withFaults(shopBehaviours(version)[service], faults),
      files: filesOf(service, version),
      createdAt,
      labels: {
        "org.opencontainers.image.source": shopSource,
        "org.opencontainers.image.revision": revision,
        "org.opencontainers.image.version": version,
        "org.opencontainers.image.created": createdAt,
        "org.opencontainers.image.title": `shop ${service}`,
      },
      ...(options.busybox ? { busybox: options.busybox } : {}),
      ...(options.busybox && service === "postgres" ? { programs: databasePrograms() } : {}),
      ...(declaredBytes === undefined ? {} : { declaredBytes }),
    });
  };
  const images = await Promise.all(
    shopServices.map(async (service) => [service, await build(service)] as const),
  );
  return Object.fromEntries(images) as ShopRelease;
}
