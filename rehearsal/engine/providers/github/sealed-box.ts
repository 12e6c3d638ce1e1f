// libsodium's crypto_box_seal, which GitHub asks for: only the holder of the secret key can open it, and nobody can tell
// who sealed it. Layout: the ephemeral public key, then the box; the nonce is BLAKE2b-192 of both public keys.
import { createRequire } from "node:module";

interface KeyPair {
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
}

interface Tweetnacl {
  readonly box: {
    (message: Uint8Array, nonce: Uint8Array, publicKey: Uint8Array, secretKey: Uint8Array): Uint8Array;
    keyPair(): KeyPair;
    readonly nonceLength: number;
  };
}

interface Blake {
  blake2b(input: Uint8Array, key: Uint8Array | undefined, length: number): Uint8Array;
}

const load = createRequire(import.meta.url);

/** Seals a text for a public key (base64); the result is base64. */
export function sealedBox(text: string, publicKey: string): string {
  const { box } = load("tweetnacl") as Tweetnacl;
  const blake = load("blakejs") as Blake;
  const recipient = Uint8Array.from(Buffer.from(publicKey, "base64"));
  const ephemeral = box.keyPair();
  const nonce = blake.blake2b(
    Uint8Array.from([...ephemeral.publicKey, ...recipient]),
    undefined,
    box.nonceLength,
  );
  const message = Uint8Array.from(Buffer.from(text, "utf8"));
  const sealed = box(message, nonce, recipient, ephemeral.secretKey);
  return Buffer.concat([ephemeral.publicKey, sealed]).toString("base64");
}
