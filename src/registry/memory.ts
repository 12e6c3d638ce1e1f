import type { Digest } from "../release/digest.ts";
import { registryLimits } from "./limits.ts";
import { blobsIn, type Descriptor, type StoredManifest } from "./manifest.ts";

/** Bytes of manifests and small blobs that are remembered; what does not fit is read again. */
const capacity = 64 * 1024 * 1024;

/** Finds something out once, also for those who ask meanwhile; what failed is found out again by the next one. */
async function once<K, T>(known: Map<K, Promise<T>>, key: K, find: () => Promise<T>): Promise<T> {
  const found = known.get(key);
  if (found) return found;
  const finding = find();
  known.set(key, finding);
  finding.catch(() => {
    if (known.get(key) === finding) known.delete(key);
  });
  return finding;
}

/**
 * What was seen in one repository. Content under a digest does not change, so it is read once. What a tag named when it was first read,
 * it names to the end: what was verified is what is copied.
 */
export class RepositoryMemory {
  private readonly manifests = new Map<string, StoredManifest>();
  private readonly blobs = new Set<string>();
  private readonly reading = new Map<string, Promise<StoredManifest | undefined>>();
  private readonly named = new Map<string, Promise<StoredManifest | undefined>>();
  private readonly referring = new Map<Digest, Promise<Descriptor[] | undefined>>();
  private readonly contents = new Map<Digest, Promise<Buffer>>();
  private readonly arriving = new Map<Digest, Promise<unknown>>();
  private readonly room: { left: number };
  private listed: Promise<ReadonlySet<string> | undefined> | undefined;

  constructor(room: { left: number }) {
    this.room = room;
  }

  manifest(digest: string): StoredManifest | undefined {
    return this.manifests.get(digest);
  }

  /** Reads a manifest by its digest; whoever asks meanwhile gets the same answer. */
  async reads(
    digest: Digest,
    read: () => Promise<StoredManifest | undefined>,
  ): Promise<StoredManifest | undefined> {
    try {
      return await once(this.reading, digest, read);
    } finally {
      // What was found is kept as far as there is room; that there was none may change.
      this.reading.delete(digest);
    }
  }

  /** Remembers a manifest that the repository has, and so that it has the manifest's blobs: registries refuse it without. */
  holds(manifest: StoredManifest): void {
    for (const { digest } of blobsIn(manifest)) this.blobs.add(digest);
    if (this.manifests.has(manifest.digest) || this.room.left < manifest.bytes.length) return;
    this.room.left -= manifest.bytes.length;
    this.manifests.set(manifest.digest, manifest);
  }

  /** What a tag names, read once. */
  tagged(tag: string, read: () => Promise<StoredManifest | undefined>): Promise<StoredManifest | undefined> {
    return once(this.named, tag, read);
  }

  /** All tags, listed once; `undefined` where the registry does not say. */
  tags(list: () => Promise<ReadonlySet<string> | undefined>): Promise<ReadonlySet<string> | undefined> {
    return this.listed ?? this.lists(list());
  }

  private lists(tags: Promise<ReadonlySet<string> | undefined>): Promise<ReadonlySet<string> | undefined> {
    this.listed = tags;
    tags.catch(() => {
      if (this.listed === tags) this.listed = undefined;
    });
    return tags;
  }

  /** A tag is about to be set: until that is done, nothing is known of it. */
  doubtsTag(tag: string): void {
    this.named.delete(tag);
  }

  /** A tag was set. */
  names(tag: string, manifest: StoredManifest): void {
    this.named.set(tag, Promise.resolve(manifest));
    if (this.listed) void this.lists(this.listed.then((tags) => tags && new Set([...tags, tag])));
  }

  /** What the referrers API lists for a digest, asked once. */
  referrers(digest: Digest, ask: () => Promise<Descriptor[] | undefined>): Promise<Descriptor[] | undefined> {
    return once(this.referring, digest, ask);
  }

  /** Something that refers to this digest was put: the list is another now. */
  doubtsReferrers(digest: Digest): void {
    this.referring.delete(digest);
  }

  /** A blob's bytes, read once as long as it is small. @param size as its descriptor says */
  async content(digest: Digest, size: number, read: () => Promise<Buffer>): Promise<Buffer> {
    const known = this.contents.get(digest);
    if (known) return known;
    if (size > registryLimits.config || this.room.left < size) return read();
    this.room.left -= size;
    const bytes = await once(this.contents, digest, read).catch((thrown: unknown) => {
      this.room.left += size;
      throw thrown;
    });
    // There was room for what it said to be.
    if (bytes.length !== size) this.contents.delete(digest);
    return bytes;
  }

  /** Brings a blob here, unless it is here or another image brings it already. @returns `undefined` when there was nothing to do */
  async brings<T>(digest: Digest, bring: () => Promise<T>): Promise<T | undefined> {
    for (;;) {
      if (this.blobs.has(digest)) return undefined;
      const other = this.arriving.get(digest);
      if (!other) break;
      // Should it fail, this one tries from its own source.
      await other.catch(() => undefined);
    }
    const bringing = bring();
    this.arriving.set(digest, bringing);
    try {
      const brought = await bringing;
      this.blobs.add(digest);
      return brought;
    } finally {
      this.arriving.delete(digest);
    }
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
