import { z } from "zod";

/** Values that several parts of the configuration take. */

/** In the file a secret is ciphertext (`secure: …`); in the running program it has been decrypted. */
export type SecretForm = "file" | "program";

export const variableName = z
  .string()
  .regex(/^[A-Z_][A-Z0-9_]*$/, "expected a variable name such as HTTP_PORT");

export const slug = z.string().regex(/^[a-z0-9-]+$/, "expected a slug such as s-1vcpu-2gb");

export const port = z.int().min(1).max(65535);

export const text = z.string().min(1, "expected a text that is not empty");

export const service = z.string().regex(/^[a-z0-9][a-z0-9_-]*$/, "expected a service of the compose file");

export const secretIn = (form: SecretForm) =>
  form === "program"
    ? text
    : z.custom<string>(
        (value) =>
          typeof value === "object" &&
          value !== null &&
          typeof (value as { secure?: unknown }).secure === "string",
        {
          error:
            "expected a secret (`secure: …`, written by `pulumi config set --secret` or `liftlock init`)",
        },
      );
