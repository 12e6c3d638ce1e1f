// Pulumi's passphrase secrets manager (sdk/go/common/resource/config/crypt.go): PBKDF2-SHA256 with a million rounds, then
// AES-256-GCM; a ciphertext is "v1:<nonce>:<body and tag>", base64. Deriving the key takes a quarter of a second.
import { createCipheriv, createDecipheriv, pbkdf2, pbkdf2Sync, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { EngineError } from "../failure.ts";

const ROUNDS = 1_000_000;
const KEY_BYTES = 32;

function passphrase(env: NodeJS.ProcessEnv): string {
  if (env.PULUMI_CONFIG_PASSPHRASE !== undefined) return env.PULUMI_CONFIG_PASSPHRASE;
  if (env.PULUMI_CONFIG_PASSPHRASE_FILE)
    return readFileSync(env.PULUMI_CONFIG_PASSPHRASE_FILE, "utf8").trim();
  throw new EngineError(
    "passphrase",
    "passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE environment variables",
  );
}

function seal(key: Buffer, text: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `v1:${nonce.toString("base64")}:${body.toString("base64")}`;
}

function open(key: Buffer, text: string): string {
  const [version, nonce, body] = text.split(":");
  if (version !== "v1" || nonce === undefined || body === undefined) {
    throw new EngineError(
      "state",
      "a secret of unknown form was found where v1:<nonce>:<ciphertext> was expected",
    );
  }
  const raw = Buffer.from(body, "base64");
  const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(nonce, "base64"));
  decipher.setAuthTag(raw.subarray(-16));
  return decipher.update(raw.subarray(0, -16), undefined, "utf8") + decipher.final("utf8");
}

/** Encrypts and decrypts for one salt. The key is derived on first use, at most once. */
export class Secrets {
  /** `v1:<salt>:<proof>`, the proof being the word "pulumi", encrypted: as stored in files. */
  readonly salt: string;
  #key: Buffer | undefined;
  #unlocking: Promise<void> | undefined;

  constructor(salt: string, key?: Buffer) {
    this.salt = salt;
    this.#key = key;
  }

  /** A fresh salt for the passphrase of the environment. */
  static create(env: NodeJS.ProcessEnv = process.env): Secrets {
    const raw = randomBytes(8);
    const key = pbkdf2Sync(passphrase(env), raw, ROUNDS, KEY_BYTES, "sha256");
    return new Secrets(`v1:${raw.toString("base64")}:${seal(key, "pulumi")}`, key);
  }

  /** Derives the key beside other work. Throws `passphrase` when it is absent or wrong. */
  unlock(): Promise<void> {
    if (this.#key) return Promise.resolve();
    this.#unlocking ??= promisify(pbkdf2)(
      passphrase(process.env),
      this.#rawSalt(),
      ROUNDS,
      KEY_BYTES,
      "sha256",
    ).then((key) => void this.#accept(key));
    return this.#unlocking;
  }

  encrypt(text: string): string {
    return seal(this.#unlocked(), text);
  }

  decrypt(text: string): string {
    return open(this.#unlocked(), text);
  }

  #unlocked(): Buffer {
    if (this.#key) return this.#key;
    return this.#accept(pbkdf2Sync(passphrase(process.env), this.#rawSalt(), ROUNDS, KEY_BYTES, "sha256"));
  }

  #rawSalt(): Buffer {
    const [version, salt] = this.salt.split(":");
    if (version !== "v1" || salt === undefined)
      throw new EngineError("state", `the secrets salt ${version} is unknown`);
    return Buffer.from(salt, "base64");
  }

  #accept(key: Buffer): Buffer {
    const proof = this.salt.split(":").slice(2).join(":");
    try {
      if (open(key, proof) === "pulumi") {
        this.#key = key;
        return key;
      }
    } catch (cause) {
      throw new EngineError("passphrase", "incorrect passphrase", { cause });
    }
    throw new EngineError("passphrase", "incorrect passphrase");
  }
}
