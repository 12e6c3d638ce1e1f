import type { Bundle } from "@sigstore/bundle";

/** Something signed, found beside an image; nothing about it is proven yet. */
export interface SignedItem {
  /** Where it was found, for messages. */
  place: string;
  /**
   * What the signed bytes are: a simple-signing payload, an in-toto statement (in a DSSE envelope), or the image's
   * manifest itself.
   */
  kind: "payload" | "statement" | "manifest";
  /** The bytes whose signer is asked for. */
  bytes: Buffer;
  /** Signature and what goes with it: certificate, log entries, timestamps. */
  bundle: Bundle;
}
