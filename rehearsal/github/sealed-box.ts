/**
 * libsodium's sealed boxes, in which secrets travel to GitHub: an ephemeral X25519 public key, then a crypto_box whose
 * nonce is BLAKE2b-192 of both public keys. Source: doc.libsodium.org/public-key_cryptography/sealed_boxes.
 */
import { blake2b } from "blakejs";
import nacl from "tweetnacl";

/** An X25519 key pair; 32 bytes each. */
export interface KeyPair {
  publicKey: Uint8Array;
  secretKey: Uint8Array;
}

export const makeKeyPair = (): KeyPair => nacl.box.keyPair();

function nonceOf(ephemeral: Uint8Array, publicKey: Uint8Array): Uint8Array {
  return blake2b(Buffer.concat([ephemeral, publicKey]), undefined, nacl.box.nonceLength);
}

/** Seals a message so that only the holder of the secret key can open it. */
export function seal(message: Uint8Array, publicKey: Uint8Array): Buffer {
  const ephemeral = nacl.box.keyPair();
  const nonce = nonceOf(ephemeral.publicKey, publicKey);
  const boxed = nacl.box(Uint8Array.from(message), nonce, Uint8Array.from(publicKey), ephemeral.secretKey);
  return Buffer.concat([ephemeral.publicKey, boxed]);
}

/** The message in a sealed box; `undefined` when it was not sealed for this key, or was changed. */
export function open(sealed: Uint8Array, keys: KeyPair): Buffer | undefined {
  const ephemeral = Uint8Array.from(sealed.subarray(0, nacl.box.publicKeyLength));
  const boxed = Uint8Array.from(sealed.subarray(nacl.box.publicKeyLength));
  if (boxed.length < nacl.box.overheadLength) return undefined;
  const message = nacl.box.open(boxed, nonceOf(ephemeral, keys.publicKey), ephemeral, keys.secretKey);
  return message ? Buffer.from(message) : undefined;
}
