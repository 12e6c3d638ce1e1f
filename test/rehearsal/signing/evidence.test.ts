/** What the rehearsal signs, held against what cosign itself wrote, and judged by the product. */
import { createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { Faults } from "../../../rehearsal/faults/faults.ts";
import {
  builtByAnotherWorkflow,
  builtFrom,
  hasFinding,
  signatureOfAnother,
  signedByAnother,
  unsigned,
} from "../../../rehearsal/images/faulty-releases.ts";
import type { ImageFaults } from "../../../rehearsal/images/shop.ts";
import { startRegistry } from "../../../rehearsal/registry/server.ts";
import { type AnnotatedContent, attachmentTo } from "../../../rehearsal/signing/attachment.ts";
import { attest } from "../../../rehearsal/signing/attestation.ts";
import { newSigningKey } from "../../../rehearsal/signing/key.ts";
import { provenance, vulnerabilities } from "../../../rehearsal/signing/predicates.ts";
import { signImage } from "../../../rehearsal/signing/signature.ts";
import { buildRelease, releaseWorkflow } from "../../../rehearsal/world/release.ts";
import { RepositoryArtifacts } from "../../../src/registry/artifacts.ts";
import { Registries } from "../../../src/registry/registries.ts";
import { asFailure } from "../../../src/release/failure.ts";
import { referencesOf } from "../../../src/release/release.ts";
import { loadAnchors } from "../../../src/trust/anchors.ts";
import { trustSchema } from "../../../src/trust/policy.ts";
import { verifyRelease } from "../../../src/trust/verifyRelease.ts";

interface Recording {
  digest: string;
  tags: Record<string, string>;
  manifests: Record<string, string>;
  blobs: Record<string, string>;
}
interface Manifest {
  config: { mediaType: string; digest: string };
  layers: { mediaType: string; digest: string; annotations: Record<string, string> }[];
}

const file = join(import.meta.dirname, "..", "..", "trust", "recorded", "cosign-2.5.0.json");
const recording = JSON.parse(readFileSync(file, "utf8")) as Recording;
const { digest } = recording;
/** As the recorded payloads name it. */
const name = "127.0.0.1:40989/example/shop/api";
const key = newSigningKey();

const recordedBlob = (of: string) => Buffer.from(recording.blobs[of] ?? "", "base64");
const recordedManifest = (kind: "sig" | "att") => {
  const tag = `${digest.replace(":", "-")}.${kind}`;
  return JSON.parse(recording.manifests[recording.tags[tag] ?? ""] ?? "") as Manifest;
};
const manifestOf = (kind: "sig" | "att", layers: AnnotatedContent[]) => {
  const { tag, artifact } = attachmentTo(digest, kind, layers);
  return { tag, artifact, value: JSON.parse(artifact.manifest.toString()) as Manifest };
};

describe("the same as cosign writes", () => {
  test("a signature: its payload to the byte, and the same manifest around it but for the signature", () => {
    const recorded = recordedManifest("sig");
    const made = signImage(digest, name, key);
    expect(made.digest).toBe(recorded.layers[0]?.digest);
    expect(made.bytes).toEqual(recordedBlob(made.digest));
    const { tag, artifact, value } = manifestOf("sig", [made, made]);
    expect(recording.tags).toHaveProperty([tag]);
    // cosign signed with two keys: two layers with one payload.
    expect(artifact.config.bytes).toEqual(recordedBlob(recorded.config.digest));
    const shape = ({ config, layers }: Manifest) => [
      config.mediaType,
      layers.map((layer) => [layer.mediaType, layer.digest, Object.keys(layer.annotations)]),
    ];
    expect(shape(value)).toEqual(shape(recorded));
    const signature = made.annotations["dev.cosignproject.cosign/signature"] ?? "";
    expect(
      verify("sha256", made.bytes, createPublicKey(key.publicKey), Buffer.from(signature, "base64")),
    ).toBe(true);
  });

  test.each([
    [0, provenance({ repository: "https://github.com/example/shop", workflow: releaseWorkflow, commit: "" })],
    [1, vulnerabilities([], "2026-03-01T10:00:00Z")],
  ])("attestation %i: envelope, statement and annotations have its fields", (at, predicate) => {
    const layer = recordedManifest("att").layers[at];
    const made = attest(digest, name, predicate, key);
    expect([made.mediaType, made.annotations]).toEqual([layer?.mediaType, layer?.annotations]);
    const read = (bytes: Buffer) => {
      const envelope = JSON.parse(bytes.toString()) as { payload: string; signatures: object[] };
      const { predicate: said, ...statement } = JSON.parse(
        Buffer.from(envelope.payload, "base64").toString(),
      ) as { predicate: object };
      return {
        fields: [Object.keys(envelope), envelope.signatures.map((s) => Object.keys(s))],
        statement,
        said: Object.keys(said).toSorted(),
      };
    };
    expect(read(made.bytes)).toEqual(read(recordedBlob(layer?.digest ?? "")));
  });
});

const commit = "3f2c9ab1d07e5f6a8b9c0d1e2f3a4b5c6d7e8f90";

async function outcome(fault: ImageFaults, trusted = key): Promise<string> {
  const auth = { username: "octocat", password: "ghp_secret" };
  const registry = await startRegistry({ faults: new Faults(), auth });
  onTestFinished(() => registry.close());
  const release = await buildRelease({ registry: { url: registry.url, ...auth }, key }, "1.4.0", commit, {
    web: fault,
  });
  const policy = trustSchema.parse({
    signatures: { keys: [trusted.publicKey] },
    provenance: { repository: "https://github.com/example/shop", workflow: releaseWorkflow },
    security: { block: "high" },
  });
  const registries = new Registries({
    credentials: [{ server: registry.host, ...auth, token: auth.password }],
  });
  const images = referencesOf(release);
  const trust = { policy, anchors: loadAnchors(policy, import.meta.dirname) };
  const sourceOf = (service: string) => {
    const { registry: host, repository } = images[service] as (typeof images)[string];
    return new RepositoryArtifacts(registries.repository(host, repository));
  };
  return verifyRelease(release, sourceOf, trust, new Date()).then(
    ({ verified }) => (verified ? "verified" : "not verified"),
    (thrown: unknown) => asFailure(thrown).code,
  );
}

describe("judged by the product", () => {
  test.each<[string, ImageFaults, string]>([
    ["as it should be", {}, "verified"],
    ["unsigned", unsigned, "InvalidSignature"],
    ["signed by another key", signedByAnother, "InvalidSignature"],
    ["a signature of another image", signatureOfAnother, "InvalidSignature"],
    ["built from another commit", builtFrom("9".repeat(40)), "InvalidMetadata"],
    ["built by another workflow", builtByAnotherWorkflow, "InvalidProvenance"],
    ["a high finding", hasFinding("CVE-2026-1234"), "SecurityBlocked"],
    ["a medium finding", hasFinding("CVE-2026-1234", 6.9), "verified"],
  ])("%s", async (_, fault, expected) => {
    expect(await outcome(fault)).toBe(expected);
  });

  test("another key is trusted", async () => {
    expect(await outcome({}, newSigningKey())).toBe("InvalidSignature");
  });
});
