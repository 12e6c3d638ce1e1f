import type { Digest } from "../release/digest.ts";
import { blobsOf, parseManifest, type StoredManifest } from "./manifest.ts";

/** Bytes of manifests that are remembered; what does not fit is read again. */
const capacity = 64 * 1024 * 1024;

/** What was seen in one repository: content under a digest does not change, so it is read once. */
export class RepositoryMemory {
  private readonly manifests = new Map<string, StoredManifest>();
  private readonly blobs = new Set<string>();
  private readonly room: { left: number };
  /** Tags, when one answer had all of them. */
  tags: Promise<ReadonlySet<string> | undefined> | undefined;

  constructor(room: { left: number }) {
    this.room = room;
  }

  manifest(digest: string): StoredManifest | undefined {
    return this.manifests.get(digest);
  }

  /** Remembers a manifest that the repository has, and so that it has the manifest's blobs: registries refuse it without. */
  holds(manifest: StoredManifest): void {
    const content = parseManifest(manifest.bytes);
    for (const blob of content ? blobsOf(content) : []) this.blobs.add(blob.digest);
    if (this.manifests.has(manifest.digest) || this.room.left < manifest.bytes.length) return;
    this.room.left -= manifest.bytes.length;
    this.manifests.set(manifest.digest, manifest);
  }

  holdsBlob(digest: Digest): void {
    this.blobs.add(digest);
  }

  hasBlob(digest: Digest): boolean {
    return this.blobs.has(digest);
  }

  /** Forgets which blobs are there: the registry said otherwise. */
  doubtBlobs(): void {
    this.blobs.clear();
  }
}

/** What was seen in registries, by registry and repository. */
export class RegistryMemory {
  private readonly repositories = new Map<string, RepositoryMemory>();
  private readonly room = { left: capacity };
  /** By registry: whether it answers the referrers API. */
  readonly referrers = new Map<string, Promise<boolean>>();

  repository(registry: string, name: string): RepositoryMemory {
    const key = `${registry}/${name}`;
    const known = this.repositories.get(key) ?? new RepositoryMemory(this.room);
    this.repositories.set(key, known);
    return known;
  }
}
