/** What a manifest says of a piece of content (OCI image specification 1.1, "Descriptor"). */
export interface Descriptor {
  mediaType: string;
  /** `sha256:…` */
  digest: string;
  /** Bytes. */
  size: number;
  artifactType?: string | undefined;
  annotations?: Readonly<Record<string, string>> | undefined;
}

/**
 * ONE repository, as trust reads it. Whoever implements this need not be trusted: every answer is checked against its
 * digest again.
 */
export interface ArtifactSource {
  /** By digest or tag; `undefined` when the repository has none. */
  manifest(reference: string): Promise<{ mediaType: string; digest: string; bytes: Buffer } | undefined>;
  /** @param limit bytes that are read at most */
  blob(descriptor: { digest: string; size: number }, limit: number): Promise<Buffer>;
  /** What refers to a manifest: by the referrers API, or by the fallback tag `sha256-<hex>`. */
  referrers(digest: string): Promise<readonly Descriptor[]>;
}
