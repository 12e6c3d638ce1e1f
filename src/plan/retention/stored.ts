/** What a manifest holds and refers to, as far as keeping and deleting depend on it. */
export interface StoredContent {
  /** Configuration and layers, with their sizes in bytes; the manifest's own bytes are the blob of its digest. */
  blobs: readonly { digest: string; size: number }[];
  /** Digests that an index lists. Of a manifest that nobody can read: every digest that it mentions. */
  members: readonly string[];
  /** The manifest that this one says something about (OCI image specification 1.1, `subject`). */
  subject?: string;
}

/** Whose images a repository has: those on trial in development or staging, or those of production. */
export type Origin = "staging" | "production";

/** A manifest in a repository of a registry; GitHub calls it a version of a package. */
export interface StoredVersion {
  /** With the registry: `ghcr.io/example/shop/api`. */
  repository: string;
  digest: string;
  tags: readonly string[];
  created: Date;
  origin: Origin;
  /** Milliseconds after which it is old. */
  age: number;
  /** Absent where the registry does not have what is listed: such a version stays. */
  content?: StoredContent | undefined;
}

/** A version in one word, for messages: its digest within its repository. */
export const keyOf = ({ repository, digest }: Pick<StoredVersion, "repository" | "digest">): string =>
  `${repository}@${digest}`;
