import { createHash } from "node:crypto";
import { joinRegistry } from "../../../rehearsal/github/packages.ts";
import type { World } from "../../../rehearsal/world/world.ts";

const services = ["api", "scheduler", "ai-planner", "web", "docs", "migrator"];
const imageType = "application/vnd.oci.image.manifest.v1+json";
const indexType = "application/vnd.oci.image.index.v1+json";

const digestOf = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`;

/** A blob that is only spoken of: a clean-up reads manifests. */
const blob = (name: string, size: number) => ({
  mediaType: "application/octet-stream",
  digest: digestOf(name),
  size,
});

/**
 * Fills staging's packages with builds of many days: each an index of two images, with a signature of the index, an attestation and a bill of
 * materials of each image. Layers are shared as builds do: one base, one for each day, one of its own.
 */
export function stuff(world: World, versions: number): void {
  const shelf = joinRegistry(world.github.state, world.registry.store);
  for (let build = 0, count = 0; count < versions; build++) {
    const service = services[build % services.length] ?? "api";
    const repository = `example/shop-staging/${service}`;
    const created = new Date(Date.now() - (20 + build / 10) * 86_400_000);
    const put = (mediaType: string, content: object, tags: readonly string[] = []) => {
      if (count >= versions) return { digest: "", size: 0 };
      const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...content }));
      const { digest } = world.registry.store.putManifest(repository, { mediaType, bytes });
      for (const tag of tags) world.registry.store.open(repository).tags.set(tag, digest);
      shelf.backdate(`shop-staging/${service}`, digest, created);
      count += 1;
      return { digest, size: bytes.length };
    };
    const attached = (of: string, kind: string) =>
      put(imageType, { config: blob(`${kind} ${of} config`, 200), layers: [blob(`${kind} ${of}`, 2_000)] }, [
        `${of.replace(":", "-")}.${kind}`,
      ]);
    const images = ["amd64", "arm64"].map((architecture) => {
      const name = `${service} ${build} ${architecture}`;
      const layers = [
        blob(`base ${architecture}`, 30_000_000),
        blob(`day ${service} ${architecture} ${Math.floor(build / 60)}`, 8_000_000),
        blob(name, 1_000_000),
      ];
      const image = put(imageType, { config: blob(`${name} config`, 4_000), layers });
      for (const kind of ["att", "sbom"]) attached(image.digest, kind);
      return { mediaType: imageType, ...image, platform: { os: "linux", architecture } };
    });
    const index = put(indexType, { manifests: images.filter(({ size }) => size > 0) }, [`0.${build}.0`]);
    attached(index.digest, "sig");
  }
}
