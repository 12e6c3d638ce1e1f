import { createDecipheriv } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { Failure } from "../release/failure.ts";
import { passphraseOf, sealKey } from "./sealKey.ts";

/**
 * Secrets of a stack file without an engine, for the emergency way back: AES-256-GCM, `v1:nonce:text and tag` in base64, with the key of
 * `sealKey.ts`.
 */
const file = z.looseObject({
  encryptionsalt: z.string(),
  config: z.looseObject({ "liftlock:ssh": z.looseObject({ privateKey: z.object({ secure: z.string() }) }) }),
});

function open(key: Buffer, sealed: string): string {
  const [version, nonce = "", body = ""] = sealed.split(":");
  if (version !== "v1")
    throw new Failure({
      code: "ConfigInvalid",
      message: "expected liftlock:ssh.privateKey to be a secret of the form v1:…, got one of another form",
      hint: "Set it again: pulumi config set --secret --path liftlock:ssh.privateKey",
      fault: "user",
    });
  const bytes = Buffer.from(body, "base64");
  const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(nonce, "base64"));
  decipher.setAuthTag(bytes.subarray(-16));
  return decipher.update(bytes.subarray(0, -16), undefined, "utf8") + decipher.final("utf8");
}

/**
 * The deploying user's private key, from `Pulumi.<stack>.yaml`.
 * @throws Failure `PassphraseMissing` when the stack's secrets are not sealed with a passphrase, or this one is not it; `ConfigInvalid` for a
 * secret of another form than the engine writes
 */
export async function privateKeyOf(
  workDirectory: string,
  stack: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  try {
    const found = file.parse(parse(readFileSync(join(workDirectory, `Pulumi.${stack}.yaml`), "utf8")));
    const key = await sealKey(passphraseOf(environment), found.encryptionsalt);
    return open(key, found.config["liftlock:ssh"].privateKey.secure);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure({
      code: "PassphraseMissing",
      message: `the key for the hosts of ${stack} could not be read from Pulumi.${stack}.yaml: ${cause instanceof Error ? cause.message.split("\n")[0] : String(cause)}`,
      hint: "Set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE.",
      cause,
      fault: "user",
    });
  }
}
