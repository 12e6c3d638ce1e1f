/** Names of secrets and variables. Source: docs.github.com/actions, "Naming your secrets" and "Naming conventions". */
import { refuse } from "./api.ts";

/** The name in capitals, as GitHub keeps it, whatever case it is given in; throws 422 when it is not allowed. */
export function verifyName(kind: "Secret" | "Variable", name: string): string {
  if (!/^[a-z_][a-z0-9_]*$/i.test(name)) {
    const rule = "can only contain alphanumeric characters ([a-z], [A-Z], [0-9]) or underscores (_)";
    throw refuse(
      422,
      `${kind} names ${rule}. Spaces are not allowed. Must start with a letter or underscore.`,
    );
  }
  if (/^github_/i.test(name)) throw refuse(422, `${kind} names must not start with GITHUB_.`);
  return name.toUpperCase();
}

/** Secrets and variables may have 48 KB; throws 422 for more. */
export function verifyLength(kind: "Secret" | "Variable", value: string): string {
  if (Buffer.byteLength(value) > 48 * 1024)
    throw refuse(422, `${kind} value is too large: the limit is 48 KB.`);
  return value;
}
