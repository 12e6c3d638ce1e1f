import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { type TrustMaterial, toTrustMaterial } from "@sigstore/verify";
import { Failure } from "../release/failure.ts";
import { parseHostileJson } from "./json.ts";
import { trustLimits } from "./limits.ts";
import type { Identity, TrustPolicy } from "./policy.ts";

/** A public key whose signatures count. */
export interface TrustedKey {
  /** `sha256:` and the digest of the key's DER form (SubjectPublicKeyInfo). */
  id: string;
  key: KeyObject;
}

/** Who is trusted: the policy with its files read. */
export interface TrustAnchors {
  keys: readonly TrustedKey[];
  identities: readonly Identity[];
  /** Certificate authorities, logs and timestamp authorities by which identities are proven. */
  root: TrustMaterial | undefined;
}

const invalid = (path: string, problem: string, hint: string, cause?: unknown) =>
  new Failure({
    code: "ConfigInvalid",
    message: `liftlock:trust.signatures.${path}: ${problem}`,
    hint,
    ...(cause !== undefined && { cause }),
    fault: "user",
  });

function read(file: string, path: string, hint: string): Buffer {
  try {
    const { size } = statSync(file);
    if (size <= trustLimits.file) return readFileSync(file);
  } catch (cause) {
    throw invalid(path, `expected a readable file, got ${file}`, hint, cause);
  }
  throw invalid(path, `expected at most ${trustLimits.file} bytes in ${file}`, hint);
}

/** The kinds that cosign makes or imports; all of them sign SHA-256 digests, or are Ed25519. */
function accepted(key: KeyObject): boolean {
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === "ec") return namedCurve === "prime256v1";
  return (
    key.asymmetricKeyType === "ed25519" || (key.asymmetricKeyType === "rsa" && (modulusLength ?? 0) >= 2048)
  );
}

const keyHint = "Give the public key's PEM text or file, as `cosign public-key` or cosign.pub has it.";

function keyOf(text: string, directory: string, path: string): TrustedKey {
  const pem = text.includes("-----BEGIN") ? text : read(resolve(directory, text), path, keyHint).toString();
  // Node would derive the public key of a private one; a private key in a configuration is a leak to be told.
  if (/PRIVATE KEY/.test(pem)) throw invalid(path, "expected a public key, got a private one", keyHint);
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch (cause) {
    throw invalid(path, "expected a public key in PEM form", keyHint, cause);
  }
  if (!accepted(key))
    throw invalid(path, "expected an ECDSA P-256, an Ed25519 or an RSA key from 2048 bits", keyHint);
  const der = key.export({ format: "der", type: "spki" });
  return { id: `sha256:${createHash("sha256").update(der).digest("hex")}`, key };
}

const rootHint =
  "Save a Sigstore trusted root as JSON: `cosign trusted-root create`, or trusted_root.json of your Sigstore instance.";

function rootOf(file: string): TrustMaterial {
  const path = "trustRoot";
  const parsed = parseHostileJson(read(file, path, rootHint), trustLimits.file);
  if ("problem" in parsed) throw invalid(path, `${file} ${parsed.problem}`, rootHint);
  try {
    const material = toTrustMaterial(TrustedRoot.fromJSON(parsed.value));
    if (material.certificateAuthorities.length > 0) return material;
  } catch (cause) {
    throw invalid(path, `expected a Sigstore trusted root in ${file}`, rootHint, cause);
  }
  throw invalid(path, `expected at least one certificate authority in ${file}`, rootHint);
}

/**
 * Reads the keys and the trust root that a policy names.
 * @param directory the project's: relative paths start there
 * @throws Failure `ConfigInvalid`: a file that is not there, is no public key, or no trusted root
 */
export function loadAnchors(policy: TrustPolicy, directory: string): TrustAnchors {
  const { keys = [], identities = [], trustRoot } = policy.signatures ?? {};
  return {
    keys: keys.map((text, i) => keyOf(text, directory, `keys.${i}`)),
    identities,
    root: trustRoot === undefined ? undefined : rootOf(resolve(directory, trustRoot)),
  };
}
