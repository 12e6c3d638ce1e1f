/** What a registry holds, in memory. */
import { digestOf } from "../images/digest.ts";

export interface Manifest {
  mediaType: string;
  digest: string;
  bytes: Buffer;
}

export interface Repository {
  /** Digests of the blobs that were uploaded or mounted here. */
  blobs: Set<string>;
  manifests: Map<string, Manifest>;
  /** Tag → digest of a manifest here. */
  tags: Map<string, string>;
}

/** Repositories by name, and blob bytes kept once for each digest. */
export class Store {
  readonly repositories = new Map<string, Repository>();
  private readonly bytes = new Map<string, Buffer>();

  /** The repository, made when it does not exist yet: pushing creates it, as on GHCR. */
  open(name: string): Repository {
    const known = this.repositories.get(name);
    if (known) return known;
    const fresh: Repository = { blobs: new Set(), manifests: new Map(), tags: new Map() };
    this.repositories.set(name, fresh);
    return fresh;
  }

  /** Keeps a blob and returns its digest. */
  putBlob(name: string, bytes: Buffer): string {
    const digest = digestOf(bytes);
    if (!this.bytes.has(digest)) this.bytes.set(digest, bytes);
    this.open(name).blobs.add(digest);
    return digest;
  }

  /** The blob's bytes, when this repository has it. */
  blob(name: string, digest: string): Buffer | undefined {
    return this.repositories.get(name)?.blobs.has(digest) ? this.bytes.get(digest) : undefined;
  }

  /** Makes a blob of one repository also one of another; false when the first does not have it. */
  mount(from: string, to: string, digest: string): boolean {
    if (!this.blob(from, digest)) return false;
    this.open(to).blobs.add(digest);
    return true;
  }

  /** Takes a blob out of a repository; its bytes go with the last repository that had it. False when it was not there. */
  removeBlob(name: string, digest: string): boolean {
    const had = this.repositories.get(name)?.blobs.delete(digest) ?? false;
    const still = [...this.repositories.values()].some(({ blobs }) => blobs.has(digest));
    if (!still) this.bytes.delete(digest);
    return had;
  }

  /** Keeps a manifest and returns it; the tag, if given, points at it from now on. */
  putManifest(name: string, content: { mediaType: string; bytes: Buffer }, tag?: string): Manifest {
    const manifest: Manifest = { ...content, digest: digestOf(content.bytes) };
    const repository = this.open(name);
    repository.manifests.set(manifest.digest, manifest);
    if (tag !== undefined) repository.tags.set(tag, manifest.digest);
    return manifest;
  }

  /** The manifest that a tag or a digest means in this repository. */
  manifest(name: string, reference: string): Manifest | undefined {
    const repository = this.repositories.get(name);
    return repository?.manifests.get(repository.tags.get(reference) ?? reference);
  }

  /** Removes a manifest and the tags that point at it; false when it was not there. */
  removeManifest(name: string, digest: string): boolean {
    const repository = this.repositories.get(name);
    if (!repository?.manifests.delete(digest)) return false;
    for (const [tag, target] of repository.tags) if (target === digest) repository.tags.delete(tag);
    return true;
  }

  /** How many distinct blobs are kept. */
  get blobCount(): number {
    return this.bytes.size;
  }
}
