import { createPublicKey, generateKeyPairSync } from "node:crypto";
import * as fc from "fast-check";
import { expect, it, test } from "vitest";
import { derivedAccount, givenAccount } from "../../infra/acmeAccount.ts";
import { thumbprint } from "../../rehearsal/acme/jws.ts";
import { Failure } from "../../src/release/failure.ts";

const seed = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString("base64"));

test("every seed gives one account, and its thumbprint is that of its key", () => {
  fc.assert(
    fc.property(seed, seed, (one, other) => {
      const account = derivedAccount(one);
      expect(derivedAccount(one)).toEqual(account);
      expect(givenAccount(account.key)).toEqual(account);
      expect(thumbprint(createPublicKey(account.key))).toBe(account.thumbprint);
      expect(derivedAccount(other).thumbprint === account.thumbprint).toBe(one === other);
    }),
    { numRuns: 50 },
  );
});

test("a seed's account stays what it is: another one would need new certificates everywhere", () => {
  expect(derivedAccount(Buffer.alloc(32, 7).toString("base64")).thumbprint).toBe(
    "XxTWofoGXufmu85V1N4-ZQkRQ02eoOI5lyXXLo-6mNc",
  );
});

const pem = (kind: "ec" | "rsa" | "ed25519", curve = "P-256") => {
  const { privateKey } =
    kind === "rsa"
      ? generateKeyPairSync("rsa", { modulusLength: 2048 })
      : kind === "ec"
        ? generateKeyPairSync("ec", { namedCurve: curve })
        : generateKeyPairSync("ed25519");
  return privateKey.export({ format: "pem", type: "pkcs8" }).toString();
};

it.each([
  ["P-256", pem("ec")],
  ["RSA", pem("rsa")],
])("takes a %s key that is there already", (_, key) => {
  expect(givenAccount(key).thumbprint).toBe(thumbprint(createPublicKey(key)));
});

function refusal(key: string): Failure {
  try {
    givenAccount(key);
  } catch (thrown) {
    if (thrown instanceof Failure) return thrown;
    throw thrown;
  }
  return expect.unreachable("it was taken");
}

it.each([
  ["P-384", pem("ec", "P-384")],
  ["Ed25519", pem("ed25519")],
  ["no key", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"],
])("refuses %s, and does not show it", (_, key) => {
  const failure = refusal(key);
  expect(failure).toMatchObject({ code: "ConfigInvalid", fault: "user" });
  expect(String(failure) + String(failure.cause)).not.toContain("c2VjcmV0");
});
