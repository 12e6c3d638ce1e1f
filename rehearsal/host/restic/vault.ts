/** Encryption of a repository: a master key, which only the password opens, and content that the master key opens. */
import { createCipheriv, createDecipheriv, createHmac, randomBytes, scryptSync } from "node:crypto";
import { fatal, ResticFailure } from "./failure.ts";

function seal(key: Buffer, plain: Buffer): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function unseal(key: Buffer, sealed: Buffer): Buffer {
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, 12));
    decipher.setAuthTag(sealed.subarray(-16));
    return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]);
  } catch (cause) {
    throw new ResticFailure("ciphertext verification failed", { cause });
  }
}

const derive = (password: string, salt: Buffer) => scryptSync(password, salt, 32);

export class Vault {
  private readonly master: Buffer;

  private constructor(master: Buffer) {
    this.master = master;
  }

  /** A new master key, and what is stored of it. */
  static create(password: string): { vault: Vault; stored: Buffer } {
    const master = randomBytes(32);
    const salt = randomBytes(32);
    return { vault: new Vault(master), stored: Buffer.concat([salt, seal(derive(password, salt), master)]) };
  }

  /** @throws ResticFailure when no stored key opens with this password */
  static open(password: string, stored: readonly Buffer[]): Vault {
    for (const one of stored) {
      try {
        return new Vault(unseal(derive(password, one.subarray(0, 32)), one.subarray(32)));
      } catch (thrown) {
        if (!(thrown instanceof ResticFailure)) throw thrown;
      }
    }
    throw fatal("wrong password or no key found");
  }

  seal(plain: Buffer): Buffer {
    return seal(this.master, plain);
  }

  /** @throws ResticFailure when it is not what was sealed */
  open(sealed: Buffer): Buffer {
    return unseal(this.master, sealed);
  }

  /** Name of content: the same content has the same name, and nobody without the key learns from it what it is. */
  name(plain: Buffer): string {
    return createHmac("sha256", this.master).update(plain).digest("hex");
  }
}
