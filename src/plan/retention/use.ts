import type { StoredVersion } from "./stored.ts";

/**
 * What is stored: every blob counts once in each repository, however many versions share it. So deleting a version frees only what no
 * other version there refers to.
 */
export class StorageUse {
  /** Bytes in use. */
  bytes = 0;
  private readonly holders = new Map<string, number>();

  constructor(versions: Iterable<StoredVersion>) {
    for (const version of versions) this.add(version);
  }

  /** Counts a version. */
  add(version: StoredVersion): void {
    for (const [blob, size] of blobsOf(version)) {
      const held = this.holders.get(blob) ?? 0;
      this.holders.set(blob, held + 1);
      if (held === 0) this.bytes += size;
    }
  }

  /** Takes a version that was counted out again. @returns bytes that this frees */
  remove(version: StoredVersion): number {
    let freed = 0;
    for (const [blob, size] of blobsOf(version)) {
      const held = this.holders.get(blob) ?? 0;
      if (held > 1) this.holders.set(blob, held - 1);
      else {
        this.holders.delete(blob);
        freed += size;
      }
    }
    this.bytes -= freed;
    return freed;
  }
}

/** Each blob of a version once, under a name that tells repositories apart. */
const blobsOf = ({ repository, content }: StoredVersion): Map<string, number> =>
  new Map((content?.blobs ?? []).map(({ digest, size }) => [`${repository}@${digest}`, size]));
