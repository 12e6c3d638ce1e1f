/** What names, tags and digests may look like: OCI distribution specification 1.1, "Pulling manifests". */
import { isDigest } from "../images/digest.ts";
import { refuse } from "./errors.ts";

const repository = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/;
const tag = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

/** The repository named in a path; throws a refusal (400 NAME_INVALID) when no repository can have that name. */
export function verifyRepositoryName(name: string | undefined): string {
  if (name === undefined || !repository.test(name) || name.length > 255) {
    throw refuse(400, "NAME_INVALID", `invalid repository name: ${name}`);
  }
  return name;
}

/** A digest this registry can check; throws a refusal (400 DIGEST_INVALID) otherwise. Only sha256 is supported. */
export function verifyDigest(text: string | null | undefined): string {
  if (!text || !isDigest(text)) throw refuse(400, "DIGEST_INVALID", `not a sha256 digest: ${text ?? ""}`);
  return text;
}

/** A digest or a tag; throws a refusal (400) when it can be neither. */
export function verifyReference(text: string | undefined): string {
  if (text?.includes(":")) return verifyDigest(text);
  if (text === undefined || !tag.test(text)) throw refuse(400, "MANIFEST_INVALID", `invalid tag: ${text}`);
  return text;
}
