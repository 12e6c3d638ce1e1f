/** The registry as the build machine's programs reach it: with what `docker login` has written. */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { type PushCredentials, RegistryClient } from "../../images/push-client.ts";
import { fail } from "./arguments.ts";

/** A reference taken apart. */
export interface Reference {
  host: string;
  repository: string;
  tag?: string;
  digest?: string;
}

/** `host/repository:tag` or `host/repository@digest`. */
export function referenceOf(text: string): Reference {
  const found = /^([^/]+)\/([^@:]+)(?::([\w.-]+))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(text);
  if (!found) return fail(`expected an image reference, got ${text}`);
  const [, host = "", repository = "", tag, digest] = found;
  return { host, repository, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) };
}

function credentials(host: string): PushCredentials | undefined {
  const file = join(process.env["HOME"] ?? homedir(), ".docker", "config.json");
  if (!existsSync(file)) return undefined;
  const { auths } = JSON.parse(readFileSync(file, "utf8")) as { auths?: Record<string, { auth: string }> };
  const auth = auths?.[host]?.auth;
  if (auth === undefined) return undefined;
  const [username = "", ...password] = Buffer.from(auth, "base64").toString().split(":");
  return { username, password: password.join(":") };
}

/** A client for the registry of a reference: plain HTTP, as it is spoken on this machine only. */
export const clientFor = ({ host }: Reference): RegistryClient => {
  if (!/^127\.\d+\.\d+\.\d+:\d+$/.test(host)) return fail(`expected a registry on this machine, got ${host}`);
  return new RegistryClient(`http://${host}`, credentials(host));
};

const manifestTypes = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json";

/** The manifest that a reference names, as it is. */
export async function manifestOf(reference: Reference): Promise<{ text: string; type: string }> {
  const at = reference.digest ?? reference.tag ?? "latest";
  const { text, headers } = await clientFor(reference).ask(
    "GET",
    `/v2/${reference.repository}/manifests/${at}`,
    [200],
    { accept: manifestTypes },
  );
  return { text, type: headers.get("content-type") ?? "" };
}
