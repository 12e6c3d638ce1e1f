/** A Sigstore instance of our own: certificate authority, certificate log and transparency log, by the project's own fakes. */
import { createHash, generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { initializeCA, initializeCTLog, initializeTLog, initializeTSA } from "@sigstore/mock";
import { onTestFinished } from "vitest";
import { bundleType, type MemoryRepository } from "./repository.ts";
import { envelopeOf, type KeyPair, keyPair, payloadFor, signBytes, simpleSigningType } from "./signing.ts";

export const issuer = "https://token.actions.githubusercontent.com";
export const workflow = "https://github.com/example/shop/.github/workflows/release.yml@refs/heads/main";

const fulcio = "1.3.6.1.4.1.57264.1";

export interface Certified {
  certificate: Buffer;
  key: KeyPair;
}

export interface LoggedEntry {
  logIndex: number;
  logID: string;
  integratedTime: number;
  body: string;
  set: string;
  proof: { logIndex: number; rootHash: string; treeSize: number; hashes: string[]; checkpoint: string };
}

const base64 = (view: ArrayBufferView) =>
  Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString("base64");

/** Rekor's answer to a new entry. */
interface RekorEntry extends Pick<LoggedEntry, "logIndex" | "logID" | "integratedTime" | "body"> {
  verification: { signedEntryTimestamp: string; inclusionProof: LoggedEntry["proof"] };
}

/**
 * Starts an instance whose clocks stand at a time, default in a minute: its own certificates are of the moments in which they are made,
 * which may be seconds apart on a busy machine, and must not be younger than what they sign.
 */
export async function sigstore(at = new Date(Date.now() + 60_000), { certificateLog = true } = {}) {
  const pair = () => generateKeyPairSync("ec", { namedCurve: "P-256" });
  const ctLog = await initializeCTLog(pair(), at);
  const authority = await initializeCA(pair(), certificateLog ? ctLog : undefined, at);
  const timestamps = await initializeTSA(pair(), new Date(at.getTime() + 1_000));
  const url = "https://rekor.example.com";
  const log = await initializeTLog(url, pair(), at);

  const validFor = { start: "2020-01-01T00:00:00Z" };
  const logOf = (publicKey: Buffer, baseUrl: string) => ({
    baseUrl,
    hashAlgorithm: "SHA2_256",
    publicKey: {
      rawBytes: publicKey.toString("base64"),
      keyDetails: "PKIX_ECDSA_P256_SHA_256",
      validFor,
    },
    logId: { keyId: createHash("sha256").update(publicKey).digest("base64") },
  });
  const trustedRoot = {
    mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    tlogs: [logOf(log.publicKey, url)],
    certificateAuthorities: [
      {
        subject: { organization: "sigstore.mock", commonName: "sigstore" },
        uri: "https://fulcio.example.com",
        certChain: {
          certificates: [{ rawBytes: base64(authority.rootCertificate) }],
        },
        validFor,
      },
    ],
    ctlogs: [logOf(ctLog.publicKey, "https://ctfe.example.com")],
    timestampAuthorities: [
      {
        subject: { organization: "sigstore.mock", commonName: "tsa signing" },
        uri: "https://timestamp.example.com",
        certChain: {
          certificates: [timestamps.intCertificate, timestamps.rootCertificate].map((c) => ({
            rawBytes: base64(c),
          })),
        },
        validFor,
      },
    ],
  };

  async function certify(subject = workflow, claims: Record<number, string> = {}): Promise<Certified> {
    const key = keyPair();
    const spki = key.publicKey.export({ format: "der", type: "spki" });
    const extensions = [
      { oid: `${fulcio}.8`, value: issuer },
      ...Object.entries(claims).map(([last, value]) => ({ oid: `${fulcio}.${last}`, value })),
    ];
    const issued = await authority.issueCertificate({
      publicKey: new Uint8Array(spki),
      subjectAltName: subject,
      extensions,
    });
    return { certificate: Buffer.from(issued.buffer, issued.byteOffset, issued.byteLength), key };
  }

  async function enter(entry: object): Promise<LoggedEntry> {
    const [logged] = Object.values(await log.log(entry)) as RekorEntry[];
    if (!logged) throw new TypeError("the fake log gave no entry");
    const { logIndex, logID, integratedTime, body, verification } = logged;
    return {
      logIndex,
      logID,
      integratedTime,
      body,
      set: verification.signedEntryTimestamp,
      proof: verification.inclusionProof,
    };
  }

  async function timestamp(signature: Buffer): Promise<string> {
    const answer = await timestamps.timestamp({
      artifactHash: createHash("sha256").update(signature).digest(),
      hashAlgorithmOID: "2.16.840.1.101.3.4.2.1",
      nonce: 1,
      policyOID: "1.3.6.1.4.1.57264.2",
    });
    return base64(answer);
  }

  return { trustedRoot, certify, enter, timestamp };
}

export type Sigstore = Awaited<ReturnType<typeof sigstore>>;

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

/** A bundle v0.3 as cosign and actions/attest write it: certificate, statement, log entry with promise and proof. */
export async function keylessBundle(instance: Sigstore, statement: Buffer, who?: Certified) {
  const { certificate, key } = who ?? (await instance.certify());
  const dsseEnvelope = envelopeOf(statement, key);
  const entry = await instance.enter({
    apiVersion: "0.0.1",
    kind: "dsse",
    spec: {
      payloadHash: { algorithm: "sha256", value: sha256(statement) },
      signatures: [
        {
          signature: dsseEnvelope.signatures[0]?.sig,
          verifier: Buffer.from(pemOf(certificate)).toString("base64"),
        },
      ],
    },
  });
  return {
    mediaType: bundleType,
    verificationMaterial: {
      certificate: { rawBytes: certificate.toString("base64") },
      tlogEntries: [
        {
          logIndex: String(entry.logIndex),
          logId: { keyId: Buffer.from(entry.logID, "hex").toString("base64") },
          kindVersion: { kind: "dsse", version: "0.0.1" },
          integratedTime: String(entry.integratedTime),
          inclusionPromise: { signedEntryTimestamp: entry.set },
          inclusionProof: {
            logIndex: String(entry.proof.logIndex),
            rootHash: Buffer.from(entry.proof.rootHash, "hex").toString("base64"),
            treeSize: String(entry.proof.treeSize),
            hashes: entry.proof.hashes,
            checkpoint: { envelope: entry.proof.checkpoint },
          },
          canonicalizedBody: entry.body,
        },
      ],
    },
    dsseEnvelope,
  };
}

/** A bundle as instances without a transparency log write it: a timestamp says when the certificate was used. */
export async function timestampedBundle(instance: Sigstore, statement: Buffer) {
  const { certificate, key } = await instance.certify();
  const dsseEnvelope = envelopeOf(statement, key);
  const signature = Buffer.from(dsseEnvelope.signatures[0]?.sig ?? "", "base64");
  return {
    mediaType: bundleType,
    verificationMaterial: {
      certificate: { rawBytes: certificate.toString("base64") },
      tlogEntries: [],
      timestampVerificationData: {
        rfc3161Timestamps: [{ signedTimestamp: await instance.timestamp(signature) }],
      },
    },
    dsseEnvelope,
  };
}

const pemOf = (der: Buffer) =>
  `-----BEGIN CERTIFICATE-----\n${der.toString("base64").replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`;

/** A keyless `.sig` as cosign 2 writes it: certificate and Rekor's promise in annotations. */
export async function addKeylessSignature(
  instance: Sigstore,
  repository: MemoryRepository,
  digest: string,
  change: (annotations: Record<string, string>) => void = () => {},
): Promise<void> {
  const { certificate, key } = await instance.certify();
  const payload = payloadFor(digest);
  const signature = signBytes(payload, key).toString("base64");
  const entry = await instance.enter({
    apiVersion: "0.0.1",
    kind: "hashedrekord",
    spec: {
      data: { hash: { algorithm: "sha256", value: sha256(payload) } },
      signature: {
        content: signature,
        publicKey: { content: Buffer.from(pemOf(certificate)).toString("base64") },
      },
    },
  });
  const { logIndex, logID, integratedTime, body, set } = entry;
  const annotations: Record<string, string> = {
    "dev.cosignproject.cosign/signature": signature,
    "dev.sigstore.cosign/certificate": pemOf(certificate),
    "dev.sigstore.cosign/bundle": JSON.stringify({
      SignedEntryTimestamp: set,
      Payload: { body, integratedTime, logIndex, logID },
    }),
  };
  change(annotations);
  repository.addLayer(digest, "sig", repository.putBlob(payload, simpleSigningType, annotations));
}

/** A file that is gone when the test ends. */
export function temporaryFile(name: string, content: string): string {
  const directory = mkdtempSync(join(tmpdir(), "trust-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, name);
  writeFileSync(file, content);
  return file;
}
