import { describe, expect, test } from "vitest";
import { bundleType } from "./repository.ts";
import { outcome, type Setting, setting, trust, verify } from "./setting.ts";
import { keyPair, statementFor } from "./signing.ts";
import {
  addKeylessSignature,
  issuer,
  keylessBundle,
  type Sigstore,
  sigstore,
  temporaryFile,
  timestampedBundle,
  workflow,
} from "./sigstore.ts";

const instance = await sigstore();
const signing = "https://sigstore.dev/cosign/sign/v1";

const identities = (subject = workflow, by = issuer, of: Sigstore = instance) =>
  trust({
    signatures: {
      identities: [{ issuer: by, subject }],
      trustRoot: temporaryFile("root.json", JSON.stringify(of.trustedRoot)),
    },
  });

type Bundle = Awaited<ReturnType<typeof keylessBundle>>;

async function signed(
  change: (bundle: Bundle) => void = () => {},
  of: Sigstore = instance,
): Promise<Setting> {
  const from = setting();
  const bundle = await keylessBundle(of, statementFor(from.digest, signing, {}));
  change(bundle);
  from.repository.refer(from.digest, Buffer.from(JSON.stringify(bundle)), bundleType);
  return from;
}

function entryOf(bundle: Bundle) {
  const [entry] = bundle.verificationMaterial.tlogEntries;
  if (!entry) throw new TypeError("no log entry");
  return entry;
}

describe("keyless signatures", () => {
  test("a bundle by a trusted identity", async () => {
    const result = await verify(await signed(), identities());
    expect(result).toMatchObject({
      verified: true,
      services: { api: { signer: { kind: "identity", issuer, subject: workflow } } },
    });
  });

  test("cosign's annotations by a trusted identity", async () => {
    const from = setting();
    await addKeylessSignature(instance, from.repository, from.digest);
    expect(await outcome(from, identities())).toMatchObject({ code: "verified" });
  });

  test.each([
    [workflow, true],
    ["https://github.com/example/shop/.github/workflows/*.yml@refs/heads/main", true],
    ["https://github.com/example/**", true],
    ["https://github.com/example/*", false],
    ["https://github.com/example/shop/.github/workflows/release.yml@refs/heads/mai", false],
    ["github.com/example/shop/.github/workflows/release.yml@refs/heads/main", false],
    ["https://github.com/example/shop/.github/workflows/releasexyml@refs/heads/main", false],
    ["https://github.com/example/shop/.github/workflows/release.yml@refs/tags/*", false],
  ])("subject %s: %s", async (subject, fits) => {
    const { code } = await outcome(await signed(), identities(subject));
    expect(code).toBe(fits ? "verified" : "InvalidSignature");
  });

  test("another issuer, another instance, no identity at all", async () => {
    const from = await signed();
    const refused = { code: "InvalidSignature" };
    expect(await outcome(from, identities(workflow, "https://issuer.example.com"))).toMatchObject(refused);
    expect(await outcome(from, identities(workflow, issuer, await sigstore()))).toMatchObject(refused);
    expect(await outcome(from, trust({ signatures: { keys: [keyPair().pem] } }))).toMatchObject(refused);
  });

  const annotations: [string, (a: Record<string, string>) => void][] = [
    ["no log entry", (a) => delete a["dev.sigstore.cosign/bundle"]],
    ["a log entry that is not JSON", (a) => (a["dev.sigstore.cosign/bundle"] = "{")],
    ["a certificate that is not PEM", (a) => (a["dev.sigstore.cosign/certificate"] = "certificate")],
    ["a certificate of megabytes", (a) => (a["dev.sigstore.cosign/certificate"] += " ".repeat(1_000_000))],
    [
      "another time of use than the log signed",
      (a) =>
        (a["dev.sigstore.cosign/bundle"] = (a["dev.sigstore.cosign/bundle"] ?? "").replace(
          /"integratedTime":(\d+)/,
          (_, time: string) => `"integratedTime":${Number(time) + 1}`,
        )),
    ],
  ];
  test.each(annotations)("refused: annotations with %s", async (_, change) => {
    const from = setting();
    await addKeylessSignature(instance, from.repository, from.digest, change);
    expect(await outcome(from, identities())).toMatchObject({ code: "InvalidSignature" });
  });

  const bundles: [string, (bundle: Bundle) => void][] = [
    ["without a log entry", (b) => b.verificationMaterial.tlogEntries.splice(0)],
    ["with the same log entry twice", (b) => b.verificationMaterial.tlogEntries.push(entryOf(b))],
    ["with another time of use", (b) => (entryOf(b).integratedTime = "1900000000")],
    ["with another log", (b) => (entryOf(b).logId.keyId = Buffer.alloc(32).toString("base64"))],
    ["without the log's promise", (b) => (entryOf(b).inclusionPromise.signedEntryTimestamp = "AAAA")],
    [
      "with a proof for another tree",
      (b) => entryOf(b).inclusionProof.hashes.push(Buffer.alloc(32).toString("base64")),
    ],
    [
      "with a checkpoint nobody signed",
      (b) => (entryOf(b).inclusionProof.checkpoint.envelope = "a\n1\nAAAA\n\n"),
    ],
    [
      "with a log entry of nonsense",
      (b) => (entryOf(b).canonicalizedBody = Buffer.from("{}").toString("base64")),
    ],
    [
      "with a certificate of nonsense",
      (b) => (b.verificationMaterial.certificate.rawBytes = Buffer.from("certificate").toString("base64")),
    ],
    [
      "with a certificate of deep nesting",
      (b) =>
        (b.verificationMaterial.certificate.rawBytes = Buffer.alloc(20_000, "3080", "hex").toString(
          "base64",
        )),
    ],
  ];
  test.each(bundles)("refused: a bundle %s", async (_, change) => {
    expect(await outcome(await signed(change), identities())).toMatchObject({ code: "InvalidSignature" });
  });

  test("refused: the certificate of another signature, with the same identity", async () => {
    const other = await instance.certify();
    const from = await signed(
      (b) => (b.verificationMaterial.certificate.rawBytes = other.certificate.toString("base64")),
    );
    expect(await outcome(from, identities())).toMatchObject({ code: "InvalidSignature" });
  });

  test("refused: a certificate used after it had ended", async () => {
    // The same authority and keys, but the log's clock stands an hour later.
    const [then, later] = [await sigstore(), await sigstore(new Date(Date.now() + 3_600_000))];
    const mixed = {
      ...then,
      enter: later.enter,
      trustedRoot: { ...then.trustedRoot, tlogs: later.trustedRoot.tlogs },
    };
    expect(await outcome(await signed(() => {}, mixed), identities(workflow, issuer, mixed))).toMatchObject({
      code: "InvalidSignature",
    });
  });

  test("a certificate that its log did not witness is refused, unless the root names no such log", async () => {
    const unlogged = await sigstore(undefined, { certificateLog: false });
    const from = await signed(() => {}, unlogged);
    expect(await outcome(from, identities(workflow, issuer, unlogged))).toMatchObject({
      code: "InvalidSignature",
    });
    const without = { ...unlogged, trustedRoot: { ...unlogged.trustedRoot, ctlogs: [] } };
    expect(await outcome(from, identities(workflow, issuer, without))).toMatchObject({ code: "verified" });
  });

  test("a timestamp instead of a log entry is refused, unless the root names no log", async () => {
    const from = setting();
    const bundle = await timestampedBundle(instance, statementFor(from.digest, signing, {}));
    from.repository.refer(from.digest, Buffer.from(JSON.stringify(bundle)), bundleType);
    expect(await outcome(from, identities())).toMatchObject({ code: "InvalidSignature" });
    const without = { ...instance, trustedRoot: { ...instance.trustedRoot, tlogs: [] } };
    expect(await outcome(from, identities(workflow, issuer, without))).toMatchObject({ code: "verified" });
    const neither = { ...without, trustedRoot: { ...without.trustedRoot, timestampAuthorities: [] } };
    expect(await outcome(from, identities(workflow, issuer, neither))).toMatchObject({
      code: "InvalidSignature",
    });
  });

  test("another instance's certificate log is no witness", async () => {
    const stranger = await sigstore();
    const { ctlogs } = stranger.trustedRoot;
    const mixed = { ...instance, trustedRoot: { ...instance.trustedRoot, ctlogs } };
    expect(await outcome(await signed(), identities(workflow, issuer, mixed))).toMatchObject({
      code: "InvalidSignature",
    });
  });
});
