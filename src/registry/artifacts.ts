import { isDigest } from "../release/digest.ts";
import type { Descriptor, StoredManifest } from "./manifest.ts";
import { corrupted } from "./refusals.ts";
import type { Repository } from "./repository.ts";

/**
 * What one repository has beside its images: signatures, attestations, security reports. For those who judge them and do not want
 * to know how a registry is asked.
 */
export class RepositoryArtifacts {
  private readonly repository: Repository;

  constructor(repository: Repository) {
    this.repository = repository;
  }

  /**
   * The manifest under a digest or a tag, cosign's `sha256-<hex>.sig`, `.att` and `.sbom` among them.
   * @returns `undefined` when there is none
   * @throws Failure `ImageCorrupted` when its bytes have another digest or are too many, `RegistryUnavailable`
   */
  manifest(reference: string): Promise<StoredManifest | undefined> {
    return isDigest(reference) ? this.repository.manifest(reference) : this.repository.tagged(reference);
  }

  /**
   * A blob that a manifest names, checked against its digest.
   * @param limit bytes
   * @throws Failure `ImageCorrupted` when it is larger, not there or another, `RegistryUnavailable`
   */
  async blob(descriptor: { digest: string; size: number }, limit: number): Promise<Buffer> {
    const { digest, size } = descriptor;
    if (!isDigest(digest)) throw corrupted(this.repository.fullName, `expected a digest, got "${digest}"`);
    return this.repository.blob({ digest, size }, limit);
  }

  /**
   * What refers to a digest, by the referrers API or the fallback tag; empty when nothing does or it is no digest.
   * @throws Failure `ImageCorrupted` when the registry's answer is no index, `RegistryUnavailable`
   */
  async referrers(digest: string): Promise<Descriptor[]> {
    return isDigest(digest) ? this.repository.referrers(digest) : [];
  }
}
