import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { asFailure } from "../../src/release/failure.ts";
import { loadAnchors } from "../../src/trust/anchors.ts";
import { matchesPattern } from "../../src/trust/pattern.ts";
import { trustSchema } from "../../src/trust/policy.ts";
import { digestOf } from "./repository.ts";
import { trust } from "./setting.ts";
import { keyPair } from "./signing.ts";
import { sigstore, temporaryFile } from "./sigstore.ts";

const { pem, publicKey, privateKey } = keyPair();
const identity = {
  issuer: "https://token.actions.githubusercontent.com",
  subject: "https://github.com/example/**",
};
const waiver = { id: "CVE-1", reason: "r", by: "octo-dev", expires: "2026-12-31" };
const keys = { signatures: { keys: [pem] } };

describe("the policy", () => {
  test("defaults", () => {
    expect(trustSchema.parse({})).toEqual({ metadata: "required", platform: "linux/amd64" });
    expect(trustSchema.parse({ ...keys, security: {} })).toMatchObject({
      signatures: { required: true, identities: [] },
      security: { required: true, block: "high", waivers: [], unsigned: false },
    });
  });

  test.each<[string, object, string]>([
    ["an unknown key", { signature: {} }, ""],
    ["nobody to trust", { signatures: {} }, "signatures.keys"],
    ["identities without a trust root", { signatures: { identities: [identity] } }, "signatures.trustRoot"],
    [
      "a subject of wildcards alone",
      { signatures: { identities: [{ ...identity, subject: "**" }], trustRoot: "r" } },
      "signatures.identities.0.subject",
    ],
    [
      "an issuer that is no URL",
      { signatures: { identities: [{ ...identity, issuer: "github" }], trustRoot: "r" } },
      "signatures.identities.0.issuer",
    ],
    [
      "provenance that nobody signs",
      { provenance: { repository: "https://a.example", workflow: "w.yml" } },
      "provenance",
    ],
    ["reports that nobody signs", { security: {} }, "security.unsigned"],
    ["an unknown level", { ...keys, security: { block: "severe" } }, "security.block"],
    [
      "a waiver without a reason",
      { ...keys, security: { waivers: [{ ...waiver, reason: " " }] } },
      "security.waivers.0.reason",
    ],
    [
      "a waiver without a name",
      { ...keys, security: { waivers: [{ ...waiver, by: "" }] } },
      "security.waivers.0.by",
    ],
    [
      "a waiver for ever",
      { ...keys, security: { waivers: [{ ...waiver, expires: "never" }] } },
      "security.waivers.0.expires",
    ],
  ])("refused: %s", (_, written, path) => {
    const parsed = trustSchema.safeParse(written);
    expect(parsed.success).toBe(false);
    expect(parsed.error?.issues.map((i) => i.path.join("."))).toContain(path);
  });
});

describe("its files", () => {
  test("keys as text and as files below the project, by the digest of their DER form", () => {
    const file = temporaryFile("cosign.pub", pem);
    const id = digestOf(publicKey.export({ format: "der", type: "spki" }));
    expect(trust(keys).anchors.keys).toMatchObject([{ id }]);
    const named = { signatures: { keys: ["cosign.pub"] } };
    expect(trust(named, file.replace(/cosign\.pub$/, "")).anchors.keys).toMatchObject([{ id }]);
  });

  const pemOf = (key: typeof publicKey) => key.export({ format: "pem", type: "spki" }).toString();
  test.each([
    ["a file that is not there", "nowhere.pub"],
    ["a directory", "."],
    ["no key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"],
    ["a private key", privateKey.export({ format: "pem", type: "pkcs8" }).toString()],
    ["a key of another curve", pemOf(generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey)],
    ["a short RSA key", pemOf(generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey)],
    ["a key that cannot sign", pemOf(generateKeyPairSync("x25519").publicKey)],
  ])("refused: %s", (_, key) => {
    expect(() => trust({ signatures: { keys: [key] } })).toThrowError(
      expect.objectContaining({ code: "ConfigInvalid", fault: "user" }),
    );
  });

  test.each([
    ["a file that is no JSON", "{"],
    ["an empty object", "{}"],
    [
      "certificates of nonsense",
      '{"certificateAuthorities":[{"certChain":{"certificates":[{"rawBytes":"AAAA"}]}}]}',
    ],
    ["nesting without end", "[".repeat(100_000)],
  ])("refused as a trust root: %s", (_, content) => {
    const policy = trustSchema.parse({
      signatures: { identities: [identity], trustRoot: temporaryFile("root.json", content) },
    });
    let code = "";
    try {
      loadAnchors(policy, ".");
    } catch (thrown) {
      code = asFailure(thrown).code;
    }
    expect(code).toBe("ConfigInvalid");
  });

  test("a trust root is read", async () => {
    const { trustedRoot } = await sigstore();
    const trustRoot = temporaryFile("root.json", JSON.stringify(trustedRoot));
    const { anchors } = trust({ signatures: { identities: [identity], trustRoot } });
    expect(anchors.root).toMatchObject({ tlogs: [{}], ctlogs: [{}], certificateAuthorities: [{}] });
  });
});

test.each([
  ["a.c", "abc", false],
  ["a*c", "abbc", true],
  ["a*c", "ab/c", false],
  ["a**c", "ab/\n/c", true],
  ["a*", "", false],
  ["(a|b)+", "(a|b)+", true],
  ["a$", "a", false],
  ["a", "a\n", false],
])("pattern %s over %j: %s", (pattern, text, fits) => expect(matchesPattern(pattern, text)).toBe(fits));
