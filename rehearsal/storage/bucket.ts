/** What a storage keeps. */
export interface StoredObject {
  bytes: Buffer;
  modified: Date;
}

/** Objects by their key. */
export type Bucket = Map<string, StoredObject>;
