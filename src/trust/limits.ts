/** What is read at most. All of it comes from a registry that others can write to; sizes are bytes, times milliseconds. */
export const trustLimits = {
  /** A manifest: what the distribution specification recommends to registries. */
  manifest: 4 * 1024 * 1024,
  /** An image's configuration. */
  config: 4 * 1024 * 1024,
  /** A simple-signing payload: a few hundred bytes in practice. */
  payload: 64 * 1024,
  /** A bundle, an envelope or a report; reports of large images have a few MiB. */
  document: 16 * 1024 * 1024,
  /** Everything that is read about one image. */
  image: 64 * 1024 * 1024,
  /** Annotations that hold certificates and log entries. */
  annotation: 64 * 1024,
  /** Nesting of JSON; reports of scanners have up to about 20. */
  depth: 64,
  /** Signatures, attestations and reports looked at for one image. */
  artifacts: 50,
  /** Findings in one report. */
  findings: 20_000,
  /** A key or trust root file. */
  file: 4 * 1024 * 1024,
  /** All checks of a release. */
  time: 120_000,
} as const;
