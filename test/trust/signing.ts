/** Signatures as cosign makes them with a key pair; what cosign itself made is in recorded/. */
import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { bundleType, type MemoryRepository } from "./repository.ts";

export interface KeyPair {
  privateKey: KeyObject;
  publicKey: KeyObject;
  /** PEM. */
  pem: string;
}

const pairOf = ({ publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject }): KeyPair => ({
  privateKey,
  publicKey,
  pem: publicKey.export({ format: "pem", type: "spki" }).toString(),
});

export const keyPair = (kind: "ec" | "ed25519" | "rsa" = "ec"): KeyPair =>
  pairOf(
    kind === "ec"
      ? generateKeyPairSync("ec", { namedCurve: "P-256" })
      : kind === "rsa"
        ? generateKeyPairSync("rsa", { modulusLength: 2048 })
        : generateKeyPairSync("ed25519"),
  );

export const signBytes = (bytes: Buffer, { privateKey }: KeyPair): Buffer =>
  sign(privateKey.asymmetricKeyType === "ed25519" ? null : "sha256", bytes, privateKey);

export const payloadFor = (digest: string, more: object = {}): Buffer =>
  Buffer.from(
    JSON.stringify({
      critical: {
        identity: { "docker-reference": "ghcr.io/example/shop/api" },
        image: { "docker-manifest-digest": digest },
        type: "cosign container image signature",
        ...more,
      },
      optional: null,
    }),
  );

export const simpleSigningType = "application/vnd.dev.cosign.simplesigning.v1+json";

/** Puts a `.sig` beside an image, over a payload that may speak of another one. */
export function addSignature(
  repository: MemoryRepository,
  digest: string,
  key: KeyPair,
  { payload = payloadFor(digest), signature = signBytes(payload, key).toString("base64") } = {},
): void {
  const annotations = { "dev.cosignproject.cosign/signature": signature };
  repository.addLayer(digest, "sig", repository.putBlob(payload, simpleSigningType, annotations));
}

export const statementFor = (digest: string, predicateType: string, predicate: unknown): Buffer =>
  Buffer.from(
    JSON.stringify({
      _type: "https://in-toto.io/Statement/v1",
      subject: [{ digest: { sha256: digest.slice(7) } }],
      predicateType,
      predicate,
    }),
  );

export const statementType = "application/vnd.in-toto+json";

export const preAuthentication = (payload: Buffer, type = statementType): Buffer =>
  Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${type} ${payload.length} `), payload]);

export const envelopeOf = (payload: Buffer, key: KeyPair, type = statementType) => ({
  payload: payload.toString("base64"),
  payloadType: type,
  signatures: [{ sig: signBytes(preAuthentication(payload, type), key).toString("base64") }],
});

/** A bundle v0.3 with nothing but a key's signature, as `cosign attest --key` writes it. */
export const keyBundle = (payload: Buffer, key: KeyPair, type = statementType): object => ({
  mediaType: bundleType,
  verificationMaterial: {
    publicKey: {
      hint: createHash("sha256")
        .update(key.publicKey.export({ format: "der", type: "spki" }))
        .digest("base64"),
    },
  },
  dsseEnvelope: envelopeOf(payload, key, type),
});

/** Attaches a signed statement as a bundle. */
export const attest = (
  repository: MemoryRepository,
  digest: string,
  key: KeyPair,
  predicateType: string,
  predicate: unknown,
  about = digest,
): void =>
  repository.refer(
    digest,
    Buffer.from(JSON.stringify(keyBundle(statementFor(about, predicateType, predicate), key))),
    bundleType,
  );
