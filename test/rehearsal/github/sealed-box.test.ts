import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeKeyPair, open, seal } from "../../../rehearsal/github/sealed-box.ts";

const message = fc.uint8Array({ maxLength: 300 });

describe("sealed boxes", () => {
  // From crypto_box_seal of libsodium 1.0.18, for the secret key of 32 bytes of 1.
  test("one that libsodium made opens", () => {
    const keys = {
      publicKey: Buffer.from("pOCSkrZRwni5dyxWn1+puxPZBrRqtoyd+dwrRAn4ogk=", "base64"),
      secretKey: new Uint8Array(32).fill(1),
    };
    const sealed = Buffer.from(
      "jMEepazcFmzn1PbosGALDijOYzwIUBJClCww+cDnFhi0oU+YIWHkv5Wyeds6XtFVPpNd8ZHFFPc=",
      "base64",
    );
    expect(open(sealed, keys)?.toString()).toBe("liftlock");
  });

  test("opens with the key it was sealed for", () => {
    const keys = makeKeyPair();
    fc.assert(
      fc.property(message, (given) => {
        const sealed = seal(given, keys.publicKey);
        expect(sealed).toHaveLength(given.length + 48);
        expect(open(sealed, keys)?.equals(given)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test("does not open with another", () => {
    expect(open(seal(Buffer.from("hush"), makeKeyPair().publicKey), makeKeyPair())).toBeUndefined();
  });

  test("does not open when any bit was changed, or bytes are missing", () => {
    const keys = makeKeyPair();
    const sealed = seal(Buffer.from("hush"), keys.publicKey);
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), fc.nat(7), (index, bit) => {
        // The highest bit of an X25519 public key counts for nothing (RFC 7748), but it is part of the nonce's input.
        const changed = Buffer.from(sealed);
        changed[index] = (changed[index] ?? 0) ^ (1 << bit);
        expect(open(changed, keys)).toBeUndefined();
      }),
      { numRuns: 60 },
    );
    for (const length of [0, 31, 32, 47, sealed.length - 1]) {
      expect(open(sealed.subarray(0, length), keys)).toBeUndefined();
    }
  });

  test("is another one each time", () => {
    const { publicKey } = makeKeyPair();
    const boxes = [1, 2].map(() => seal(Buffer.from("hush"), publicKey).toString("hex"));
    expect(boxes[0]).not.toBe(boxes[1]);
  });
});
