/** A registry for a test, and requests to it. */
import { onTestFinished } from "vitest";
import { Faults } from "../../../rehearsal/faults/faults.ts";
import { digestOf } from "../../../rehearsal/images/digest.ts";
import { type Registry, type RegistryOptions, startRegistry } from "../../../rehearsal/registry/server.ts";

export interface Asked extends Registry {
  faults: Faults;
  /** Asks with a path below `/v2/`, or an absolute one. */
  ask(method: string, path: string, options?: AskOptions): Promise<Response>;
}

export interface AskOptions {
  body?: string | Uint8Array;
  headers?: Record<string, string>;
}

export const imageType = "application/vnd.oci.image.manifest.v1+json";
export const indexType = "application/vnd.oci.image.index.v1+json";

/** Starts a registry that closes when the test ends. */
export async function start(options: Partial<RegistryOptions> = {}): Promise<Asked> {
  const faults = new Faults();
  const registry = await startRegistry({ faults, ...options });
  onTestFinished(() => registry.close());
  const ask = (method: string, path: string, { body, headers = {} }: AskOptions = {}) => {
    const url = new URL(path, `${registry.url}/v2/`);
    return fetch(url, {
      method,
      headers,
      ...(body === undefined ? {} : { body: new Uint8Array(Buffer.from(body)) }),
    });
  };
  return { ...registry, faults, ask };
}

/** The code of the first error in an answer. */
export async function codeOf(answer: Response): Promise<string> {
  const { errors } = (await answer.json()) as { errors: { code: string; message: string }[] };
  return errors[0]?.code ?? "";
}

/** Uploads a blob at once and returns its digest. */
export async function upload(
  registry: Asked,
  repository: string,
  content: string | Uint8Array,
): Promise<string> {
  const digest = digestOf(Buffer.from(content));
  const { status } = await registry.ask("POST", `${repository}/blobs/uploads/?digest=${digest}`, {
    body: content,
  });
  if (status !== 201) throw new TypeError(`the upload was answered with ${status}`);
  return digest;
}

/** The bytes of a manifest over blobs with these digests. */
export function manifestOver(config: string, layers: readonly string[], more: object = {}): string {
  const about = (digest: string) => ({ mediaType: "application/octet-stream", digest, size: 1 });
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: imageType,
    config: about(config),
    layers: layers.map(about),
    ...more,
  });
}
