import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseHostileJson } from "../../src/trust/json.ts";
import { trustLimits } from "../../src/trust/limits.ts";
import { scan } from "./cosign.ts";
import { bundleType, MemoryRepository } from "./repository.ts";
import { outcome, type Setting, setting, trust } from "./setting.ts";
import {
  addSignature,
  attest,
  keyBundle,
  keyPair,
  payloadFor,
  signBytes,
  simpleSigningType,
  statementFor,
} from "./signing.ts";
import { issuer, keylessBundle, sigstore, temporaryFile, workflow } from "./sigstore.ts";

const key = keyPair();
const signed = trust({ signatures: { keys: [key.pem] } });
const signing = "https://sigstore.dev/cosign/sign/v1";
const { digest } = setting();
const runs = { numRuns: 150 };

/** One bit of one byte changed. */
const flipped = (bytes: Buffer) =>
  fc.record({ at: fc.nat(bytes.length - 1), bit: fc.integer({ min: 0, max: 7 }) }).map(({ at, bit }) => {
    const copy = Buffer.from(bytes);
    copy.writeUInt8((copy[at] ?? 0) ^ (1 << bit), at);
    return copy;
  });

/** One character replaced by another of printable ASCII. */
const retyped = (text: string) =>
  fc
    .record({ at: fc.nat(text.length - 1), by: fc.integer({ min: 0x20, max: 0x7e }) })
    .map(({ at, by }) => text.slice(0, at) + String.fromCharCode(by) + text.slice(at + 1))
    .filter((changed) => changed !== text);

const codeOf = async (from: Setting, measured = signed) => (await outcome(from, measured)).code;

describe("changed by one byte, nothing verifies", () => {
  const payload = payloadFor(digest);
  const signature = signBytes(payload, key);

  test("a simple-signing payload", () =>
    fc.assert(
      fc.asyncProperty(flipped(payload), async (changed) => {
        const from = setting();
        addSignature(from.repository, digest, key, {
          payload: changed,
          signature: signature.toString("base64"),
        });
        expect(await codeOf(from)).toBe("InvalidSignature");
      }),
      runs,
    ));

  test("a signature, in its bytes and in its base64", () =>
    fc.assert(
      fc.asyncProperty(
        fc.oneof(
          flipped(signature).map((bytes) => bytes.toString("base64")),
          retyped(signature.toString("base64")),
        ),
        async (changed) => {
          const from = setting();
          addSignature(from.repository, digest, key, { payload, signature: changed });
          expect(await codeOf(from)).toBe("InvalidSignature");
        },
      ),
      runs,
    ));

  test("a statement or its signature in a bundle", async () => {
    const statement = statementFor(digest, signing, {});
    const bundle = keyBundle(statement, key) as {
      dsseEnvelope: { payload: string; signatures: { sig: string }[] };
    };
    const sig = Buffer.from(bundle.dsseEnvelope.signatures[0]?.sig ?? "", "base64");
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          flipped(statement).map((bytes) => ({ payload: bytes, sig })),
          flipped(sig).map((bytes) => ({ payload: statement, sig: bytes })),
        ),
        async (changed) => {
          const from = setting();
          const dsseEnvelope = {
            ...bundle.dsseEnvelope,
            payload: changed.payload.toString("base64"),
            signatures: [{ sig: changed.sig.toString("base64") }],
          };
          from.repository.refer(digest, Buffer.from(JSON.stringify({ ...bundle, dsseEnvelope })), bundleType);
          expect(await codeOf(from)).toBe("InvalidSignature");
        },
      ),
      runs,
    );
  });

  test("a certificate, a log entry, the log's promise, or the statement of a keyless bundle", async () => {
    const instance = await sigstore();
    const measured = trust({
      signatures: {
        identities: [{ issuer, subject: workflow }],
        trustRoot: temporaryFile("root.json", JSON.stringify(instance.trustedRoot)),
      },
    });
    const bundle = await keylessBundle(instance, statementFor(digest, signing, {}));
    const attach = (value: object) => {
      const from = setting();
      from.repository.refer(digest, Buffer.from(JSON.stringify(value)), bundleType);
      return from;
    };
    expect(await outcome(attach(bundle), measured)).toMatchObject({ code: "verified" });
    type Parts = typeof bundle;
    // Found by this property: the library takes a SET for the certificate's outer SEQUENCE, which nobody signed.
    const wrapped = structuredClone(bundle);
    const der = Buffer.from(wrapped.verificationMaterial.certificate.rawBytes, "base64");
    der.writeUInt8(0x31, 0);
    wrapped.verificationMaterial.certificate.rawBytes = der.toString("base64");
    expect(await codeOf(attach(wrapped), measured)).toBe("InvalidSignature");
    const places: ((b: Parts, to?: string) => string)[] = [
      (b, to) =>
        (b.verificationMaterial.certificate.rawBytes = to ?? b.verificationMaterial.certificate.rawBytes),
      (b, to) => (b.dsseEnvelope.payload = to ?? b.dsseEnvelope.payload),
      (b, to) => {
        const [entry] = b.verificationMaterial.tlogEntries;
        return entry ? (entry.canonicalizedBody = to ?? entry.canonicalizedBody) : "";
      },
      (b, to) => {
        const promise = b.verificationMaterial.tlogEntries[0]?.inclusionPromise;
        return promise ? (promise.signedEntryTimestamp = to ?? promise.signedEntryTimestamp) : "";
      },
    ];
    await fc.assert(
      fc.asyncProperty(
        fc
          .constantFrom(...places)
          .chain((place) => flipped(Buffer.from(place(bundle), "base64")).map((bytes) => ({ place, bytes }))),
        async ({ place, bytes }) => {
          const copy = structuredClone(bundle);
          place(copy, bytes.toString("base64"));
          expect(await codeOf(attach(copy), measured)).toBe("InvalidSignature");
        },
      ),
      { numRuns: 200 },
    );
  });

  test("a bundle's text: what still verifies has the same statement and signature", async () => {
    const statement = statementFor(digest, signing, {});
    const text = JSON.stringify(keyBundle(statement, key));
    const content = (json: string) => {
      const { dsseEnvelope: e } = JSON.parse(json) as ReturnType<typeof keyBundle> & {
        dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string }[] };
      };
      const bytes = (s: string) => Buffer.from(s, "base64").toString("hex");
      return [e.payloadType, bytes(e.payload), ...e.signatures.map((s) => bytes(s.sig))];
    };
    await fc.assert(
      fc.asyncProperty(retyped(text), async (changed) => {
        const from = setting();
        from.repository.refer(digest, Buffer.from(changed), bundleType);
        const code = await codeOf(from);
        const same = code === "verified" && isDeepStrictEqual(content(changed), content(text));
        expect(same ? "the same" : code).toMatch(/^(the same|InvalidSignature)$/);
      }),
      { numRuns: 300 },
    );
  });
});

describe("whatever is attached", () => {
  // A trusted report and signature exist beside it: hostile attachments must neither count nor end the check otherwise.
  const withReport = trust({ signatures: { keys: [key.pem] }, security: {} });
  const types = [
    bundleType,
    simpleSigningType,
    "application/vnd.dsse.envelope.v1+json",
    "application/sarif+json",
    "application/vnd.cyclonedx+json",
  ];

  test("any bytes and any JSON end in a refusal or are ignored, never in another error", () =>
    fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
          fc.json({ maxDepth: 5 }).map((text) => Buffer.from(text)),
          fc
            .record({
              mediaType: fc.constant(bundleType),
              verificationMaterial: fc.anything(),
              dsseEnvelope: fc.anything(),
              messageSignature: fc.anything(),
            })
            .map((value) =>
              Buffer.from(JSON.stringify(value, (_, v: unknown) => (typeof v === "bigint" ? 0 : v))),
            ),
        ),
        fc.constantFrom(...types),
        fc.boolean(),
        async (document, type, good) => {
          const from = setting();
          if (good) {
            addSignature(from.repository, digest, key);
            attest(from.repository, digest, key, "https://cosign.sigstore.dev/attestation/vuln/v1", scan());
          }
          from.repository.refer(digest, document, type);
          from.repository.addLayer(digest, "sig", from.repository.putBlob(document, type));
          from.repository.addLayer(digest, "att", from.repository.putBlob(document, type));
          const { code } = await outcome(from, withReport);
          expect(code).toBe(good ? "verified" : "InvalidSignature");
        },
      ),
      { numRuns: 300 },
    ));

  test("any manifest at cosign's tags, and any list of referrers", () =>
    fc.assert(
      fc.asyncProperty(fc.json(), fc.constantFrom("sig", "att"), async (text, suffix) => {
        const from = setting();
        attest(from.repository, digest, key, signing, {});
        const bytes = Buffer.from(text);
        from.repository.manifests.set("sha256:any", bytes);
        from.repository.tags.set(`${digest.replace(":", "-")}.${suffix}`, "sha256:any");
        from.repository.manifest = async function (reference) {
          return reference.endsWith(suffix)
            ? { mediaType: "", digest: "sha256:any", bytes }
            : MemoryRepository.prototype.manifest.call(this, reference);
        };
        expect((await outcome(from, signed)).code).toBe("verified");
      }),
      runs,
    ));
});

describe("limits", () => {
  test("JSON: depth, size, encoding; braces inside strings do not count", () => {
    const nested = (depth: number) => Buffer.from("[".repeat(depth) + "]".repeat(depth));
    expect(parseHostileJson(nested(trustLimits.depth), 1_000)).toHaveProperty("value");
    expect(parseHostileJson(nested(trustLimits.depth + 1), 1_000)).toHaveProperty("problem");
    expect(parseHostileJson(nested(1_000_000), 10_000_000)).toHaveProperty("problem");
    expect(parseHostileJson(Buffer.from(JSON.stringify("[".repeat(1_000))), 2_000)).toHaveProperty("value");
    expect(parseHostileJson(Buffer.from(JSON.stringify(`\\"${"[".repeat(1_000)}`)), 2_000)).toHaveProperty(
      "value",
    );
    expect(parseHostileJson(Buffer.from('"\xff"', "latin1"), 100)).toHaveProperty("problem");
    expect(parseHostileJson(Buffer.from('"12345678"'), 9)).toHaveProperty("problem");
  });

  test("a blob larger than its limit is not fetched", async () => {
    const from = setting();
    const layer = from.repository.putBlob(payloadFor(digest), simpleSigningType);
    from.repository.addLayer(digest, "sig", { ...layer, size: trustLimits.payload + 1 });
    const fetched: string[] = [];
    const blob = from.repository.blob.bind(from.repository);
    from.repository.blob = (descriptor, limit) => {
      fetched.push(descriptor.digest);
      return blob(descriptor, limit);
    };
    expect(await codeOf(from)).toBe("InvalidSignature");
    expect(fetched).not.toContain(layer.digest);
  });

  test("a blob that is larger than its descriptor says does not count", async () => {
    const from = setting();
    addSignature(from.repository, digest, key);
    expect((await outcome(from, signed)).code).toBe("verified");
    from.repository.blob = async () => Buffer.alloc(trustLimits.payload + 1);
    expect(await codeOf(from, trust({ metadata: "off", signatures: { keys: [key.pem] } }))).toBe(
      "InvalidSignature",
    );
  });

  test("many large attachments end with the image's budget", async () => {
    const from = setting();
    const size = trustLimits.document;
    for (let i = 0; i < 6; i++) {
      const layer = from.repository.putBlob(Buffer.from(`${i}`), bundleType);
      from.repository.addLayer(digest, "sig", { ...layer, size });
    }
    let fetched = 0;
    const blob = from.repository.blob.bind(from.repository);
    from.repository.blob = async (descriptor: { digest: string; size: number }, limit) => {
      if (descriptor.size === size) fetched++;
      return blob(descriptor, limit);
    };
    expect(await codeOf(from)).toBe("InvalidSignature");
    expect(fetched).toBeLessThanOrEqual(trustLimits.image / size);
    expect(fetched).toBeGreaterThan(0);
  });

  test("only so many signatures are looked at", async () => {
    const from = setting();
    const stranger = keyPair();
    for (let i = 0; i < trustLimits.artifacts; i++) addSignature(from.repository, digest, stranger);
    addSignature(from.repository, digest, key);
    expect(await codeOf(from)).toBe("InvalidSignature");
  });

  test("nested statements and reports are refused", async () => {
    const from = setting();
    const deep = `{"a":${"[".repeat(100)}${"]".repeat(100)}}`;
    const statement = Buffer.from(
      statementFor(digest, signing, {}).toString().replace('"predicate":{}', `"predicate":${deep}`),
    );
    from.repository.refer(digest, Buffer.from(JSON.stringify(keyBundle(statement, key))), bundleType);
    expect(await codeOf(from)).toBe("InvalidSignature");
  });
});
