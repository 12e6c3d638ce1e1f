import { Failure } from "../release/failure.ts";
import type { Answer } from "./client.ts";
import { parseJson } from "./json.ts";

/** Text of a registry as it may be shown: one line, no control characters, not long. */
function shown(text: string): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, " ");
  return plain.length > 200 ? `${plain.slice(0, 200)}…` : plain;
}

/** What a registry said against a request: `404 MANIFEST_BLOB_UNKNOWN: …`. */
export function saidOf({ status, body }: Answer): string {
  const value = parseJson(body) as { errors?: { code?: unknown; message?: unknown }[] } | undefined;
  const first = Array.isArray(value?.errors) ? value.errors[0] : undefined;
  const words = [first?.code, first?.message].filter((word) => typeof word === "string");
  return words.length > 0 ? `${status} ${shown(words.join(": "))}` : String(status);
}

export const corrupted = (name: string, problem: string): Failure =>
  new Failure({
    code: "ImageCorrupted",
    message: `${name}: ${problem}`,
    hint: "Push the image again, or promote another release.",
  });
