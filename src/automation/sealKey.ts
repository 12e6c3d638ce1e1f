import { pbkdf2 } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

/**
 * The key with which Pulumi's passphrase provider seals a stack's secrets (sdk/go/common/resource/config/crypt.go): PBKDF2 with SHA-256 and
 * a million rounds, which is a good part of a second. This file loads nothing, so that it can be begun before anything else is loaded.
 */
const rounds = 1_000_000;

type Variables = Readonly<Record<string, string | undefined>>;

/** By passphrase and salt: derived once in a process. */
const derived = new Map<string, Promise<Buffer>>();

/** @throws what reading the passphrase's file throws */
export const passphraseOf = (environment: Variables): string =>
  environment["PULUMI_CONFIG_PASSPHRASE"] ??
  readFileSync(environment["PULUMI_CONFIG_PASSPHRASE_FILE"] ?? "", "utf8").trim();

/** @param encryptionSalt as the stack file has it: `v1:<salt>:…` */
export function sealKey(passphrase: string, encryptionSalt: string): Promise<Buffer> {
  const salt = encryptionSalt.split(":")[1] ?? "";
  const name = JSON.stringify([passphrase, salt]);
  const known = derived.get(name);
  if (known) return known;
  const fresh = promisify(pbkdf2)(passphrase, Buffer.from(salt, "base64"), rounds, 32, "sha256");
  derived.set(name, fresh);
  return fresh;
}

/** Begins to derive the key of a stack that is likely to be needed. What is wrong is said by whoever needs it. */
export function deriveAhead(workDirectory: string, stack: string, environment: Variables): void {
  try {
    const text = readFileSync(join(workDirectory, `Pulumi.${stack}.yaml`), "utf8");
    const salt = /^encryptionsalt:\s*["']?(v1:[^\s"']+)/m.exec(text)?.[1];
    if (salt !== undefined) sealKey(passphraseOf(environment), salt).catch(() => undefined);
  } catch {
    // It costs the moment that it would have saved.
  }
}
