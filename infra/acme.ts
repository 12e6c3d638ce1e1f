import { readFileSync } from "node:fs";
import { join } from "node:path";

/** How hosts get certificates for their edges from an authority (ACME, RFC 8555). */
export interface AcmeArgs {
  /** URL of the authority's directory. */
  directory: string;
  /** Where the authority writes to. */
  email: string;
  /** Host names in the certificate. */
  names: readonly string[];
  /** The account's private key, in PEM form. */
  accountKey: string;
  /** Certificates in PEM form by which the directory itself is trusted; absent: those of the host's distribution. */
  root?: string | undefined;
}

const base64 = (text: string) => Buffer.from(text).toString("base64");

/** Asks the authority, on the host; run by the deployment and by a timer. */
export const renewalProgram = (): string =>
  readFileSync(join(import.meta.dirname, "host", "renew.sh"), "utf8");

/** What that program reads: `key value` lines. Secret: the account's key is in it. */
export function renewalSettings({ directory, email, names, accountKey, root }: AcmeArgs): string {
  const lines = [
    ["directory", directory],
    ["email", email],
    ...names.map((name) => ["name", name]),
    ["account", base64(accountKey)],
    ...(root === undefined ? [] : [["root", base64(root)]]),
  ];
  return lines.map(([key, value]) => `${key} ${value}\n`).join("");
}
