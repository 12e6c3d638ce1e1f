import { describe, expect, test } from "vitest";
import { buildIndex } from "../../rehearsal/images/image-index.ts";
import { bundleType, digestOf } from "./repository.ts";
import { imageWith, outcome, type Setting, setting, trust, verify } from "./setting.ts";
import {
  addSignature,
  attest,
  envelopeOf,
  type KeyPair,
  keyBundle,
  keyPair,
  payloadFor,
  signBytes,
  statementFor,
} from "./signing.ts";

const key = keyPair();
const stranger = keyPair();
const other = digestOf("another image");
const signed = (k: KeyPair = key) => trust({ signatures: { keys: [k.pem] } });
const signing = "https://sigstore.dev/cosign/sign/v1";

describe("signatures by key", () => {
  test.each(["ec", "ed25519", "rsa"] as const)("%s keys, as .sig and as bundle", async (kind) => {
    const own = keyPair(kind);
    for (const sign of [
      (s: Setting) => addSignature(s.repository, s.digest, own),
      (s: Setting) => attest(s.repository, s.digest, own, signing, {}),
    ]) {
      const from = setting();
      expect(await outcome(from, signed(own))).toMatchObject({ code: "InvalidSignature" });
      sign(from);
      const result = await verify(from, signed(own));
      expect(result).toMatchObject({ verified: true, services: { api: { signer: { kind: "key" } } } });
      expect(result.services.api?.signer).toMatchObject({
        id: digestOf(own.publicKey.export({ format: "der", type: "spki" })),
      });
    }
  });

  test("a bare envelope at the .att tag counts when it is a signature", async () => {
    const from = setting();
    const envelope = envelopeOf(statementFor(from.digest, signing, {}), key);
    const layer = from.repository.putBlob(
      Buffer.from(JSON.stringify(envelope)),
      "application/vnd.dsse.envelope.v1+json",
    );
    from.repository.addLayer(from.digest, "att", layer);
    expect(await outcome(from, signed())).toMatchObject({ code: "verified" });
  });

  test("a bundle over the manifest itself counts, over another message it does not", async () => {
    const bundle = (message: Buffer, digest: Buffer) => ({
      mediaType: bundleType,
      verificationMaterial: { publicKey: { hint: "" } },
      messageSignature: {
        messageDigest: { algorithm: "SHA2_256", digest: digest.toString("base64") },
        signature: signBytes(message, key).toString("base64"),
      },
    });
    const from = setting();
    const manifest = from.repository.manifests.get(from.digest) ?? Buffer.from("");
    const digest = Buffer.from(from.digest.slice(7), "hex");
    const attach = (value: object) =>
      from.repository.refer(from.digest, Buffer.from(JSON.stringify(value)), bundleType);
    attach(bundle(Buffer.from("another"), digest));
    attach(bundle(Buffer.from("another"), Buffer.from(digestOf("another").slice(7), "hex")));
    expect(await outcome(from, signed())).toMatchObject({ code: "InvalidSignature" });
    attach(bundle(manifest, digest));
    expect(await outcome(from, signed())).toMatchObject({ code: "verified" });
  });

  test("one good signature among bad ones is enough; the index of a multi-platform image is signed", async () => {
    const index = buildIndex([await imageWith()]);
    const from = setting(index);
    addSignature(from.repository, from.digest, stranger);
    addSignature(from.repository, from.digest, key, { payload: payloadFor(other) });
    addSignature(from.repository, from.digest, key);
    expect(await outcome(from, signed())).toMatchObject({ code: "verified" });
  });

  // Each of them is all that is attached to the image.
  const refusals: [string, (s: Setting) => void][] = [
    ["nothing", () => {}],
    ["another key", (s) => addSignature(s.repository, s.digest, stranger)],
    [
      "a signature over another digest",
      (s) => addSignature(s.repository, s.digest, key, { payload: payloadFor(other) }),
    ],
    [
      "a payload swapped under a signature",
      (s) =>
        addSignature(s.repository, s.digest, key, {
          signature: signBytes(payloadFor(other), key).toString("base64"),
        }),
    ],
    [
      "a payload of another type",
      (s) =>
        addSignature(s.repository, s.digest, key, { payload: payloadFor(s.digest, { type: "git commit" }) }),
    ],
    ["an empty signature", (s) => addSignature(s.repository, s.digest, key, { signature: "" })],
    [
      "a signature with a line end in its base64",
      (s) => {
        const payload = payloadFor(s.digest);
        const signature = `${signBytes(payload, key).toString("base64")}\n`;
        addSignature(s.repository, s.digest, key, { payload, signature });
      },
    ],
    [
      "a signature that is not base64",
      (s) => addSignature(s.repository, s.digest, key, { signature: "%%%" }),
    ],
    [
      "a payload that is not JSON",
      (s) => addSignature(s.repository, s.digest, key, { payload: Buffer.from("{") }),
    ],
    ["a statement about another image", (s) => attest(s.repository, s.digest, key, signing, {}, other)],
    ["a statement by another key", (s) => attest(s.repository, s.digest, stranger, signing, {})],
    [
      "a report: it is about the image, not a release of it",
      (s) => attest(s.repository, s.digest, key, "https://cyclonedx.org/bom", {}),
    ],
    [
      "a statement signed as another payload type",
      (s) =>
        s.repository.refer(
          s.digest,
          Buffer.from(JSON.stringify(keyBundle(statementFor(s.digest, signing, {}), key, "text/plain"))),
          bundleType,
        ),
    ],
    [
      "a payload type exchanged after signing",
      (s) => {
        const bundle = keyBundle(statementFor(s.digest, signing, {}), key, "text/plain") as {
          dsseEnvelope: { payloadType: string };
        };
        bundle.dsseEnvelope.payloadType = "application/vnd.in-toto+json";
        s.repository.refer(s.digest, Buffer.from(JSON.stringify(bundle)), bundleType);
      },
    ],
    [
      "a referrer of another image, listed for this one",
      (s) => {
        const bundle = keyBundle(statementFor(s.digest, signing, {}), key);
        s.repository.refer(s.digest, Buffer.from(JSON.stringify(bundle)), bundleType, other);
      },
    ],
    [
      "two signatures in one envelope",
      (s) => {
        const bundle = keyBundle(statementFor(s.digest, signing, {}), key) as {
          dsseEnvelope: { signatures: object[] };
        };
        bundle.dsseEnvelope.signatures.push({ sig: "AAAA" });
        s.repository.refer(s.digest, Buffer.from(JSON.stringify(bundle)), bundleType);
      },
    ],
  ];
  test.each(refusals)("refused: %s", async (_, attach) => {
    const from = setting();
    attach(from);
    expect(await outcome(from, signed())).toMatchObject({ code: "InvalidSignature" });
  });

  test("a signature that is not required is told, and its absence does not verify", async () => {
    const optional = trust({ signatures: { required: false, keys: [key.pem] } });
    const from = setting();
    expect(await verify(from, optional)).toMatchObject({ verified: false, checks: { signature: "off" } });
    addSignature(from.repository, from.digest, key);
    expect(await verify(from, optional)).toMatchObject({ verified: true });
  });

  test("why nothing counts is told, printable", async () => {
    const from = setting();
    addSignature(from.repository, from.digest, stranger);
    from.repository.refer(from.digest, Buffer.from('{"mediaType":"\\u001b[31m"}'), bundleType);
    const { message, hint } = await outcome(from, signed());
    expect(message).toContain("no trusted key made its signature");
    expect(message).toContain("not a valid Sigstore bundle");
    // oxlint-disable-next-line no-control-regex
    expect(message).not.toMatch(/[\x00-\x1f]/);
    expect(hint).toContain("cosign sign");
  });
});
