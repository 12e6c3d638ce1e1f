/**
 * Limits for what is read from a registry. It is somebody else's machine: what it says is believed only within these, and only
 * where a digest proves it.
 */
export const registryLimits = {
  /** Bytes of one manifest: 4 MiB, as the distribution specification recommends to registries. */
  manifest: 4 * 1024 * 1024,
  /** Manifests that belong to one image: platforms, signatures, attestations, and what refers to those. */
  manifests: 100,
  /** Bytes of all manifests of one image. */
  manifestBytes: 32 * 1024 * 1024,
  /** Layers of one manifest; container engines stop at 127. */
  layers: 200,
  /** Levels of manifests: an index, its images, their fallback tag, a report in it, its signature, and so on. */
  depth: 8,
  /** Bytes of any other answer: errors, tokens, lists of tags. */
  answer: 1024 * 1024,
  /** Bytes of an image's configuration that are read; of a larger one only its size is asked for. */
  config: 4 * 1024 * 1024,
  /** Tags asked for at once. GHCR gives 100 unless asked for more, and all of them up to 10,000. */
  tags: 1000,
  /** Pages of a list of tags. Beyond that, asking for an image's few tags one by one is the shorter way. */
  tagPages: 5,
  /** Compressed bytes of one image for one platform. */
  image: 1_000_000_000,
  /** Requests under way at once for one image. */
  parallel: 4,
} as const;
