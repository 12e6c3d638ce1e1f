import { type Digest, isDigest } from "./digest.ts";

/** An image, pinned: `registry/repository@digest`. */
export interface ImageReference {
  /** Registry host, with port where there is one: `ghcr.io`, `127.0.0.1:5000`. */
  registry: string;
  /** Repository path below the registry: `example/shop/api`. */
  repository: string;
  digest: Digest;
}

const repositoryPattern =
  /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const registryPattern = /^(?:[a-zA-Z0-9.-]+\.[a-zA-Z0-9.-]+|localhost)(?::\d{1,5})?$|^[a-zA-Z0-9-]+:\d{1,5}$/;

/**
 * Parses `registry/repository@sha256:…`. A tag is refused, beside a digest too: a reference that names both says two
 * things, and only one of them is what runs.
 * @returns the reference, or what is wrong with it, worded as "expected …, got …"
 */
export function parseReference(text: string): ImageReference | { problem: string } {
  const [name, digest, ...rest] = text.split("@");
  const bad = (found: string) => ({ problem: `expected a digest (name@sha256:…), got ${found}` });
  if (!name) return bad(`"${text}"`);
  const slash = name.indexOf("/");
  const tag = /:([^/:]+)$/.exec(name.slice(slash + 1))?.[1];
  if (digest === undefined) return bad(tag === undefined ? `"${text}" without one` : `the tag "${tag}"`);
  if (rest.length > 0 || !isDigest(digest))
    return bad(`the malformed digest "${[digest, ...rest].join("@")}"`);
  if (tag !== undefined) return bad(`the tag "${tag}" beside a digest`);
  const [registry, repository] = [name.slice(0, Math.max(slash, 0)), name.slice(slash + 1)];
  if (!registryPattern.test(registry))
    return { problem: `expected a registry host before the first "/", got "${name}"` };
  if (!repositoryPattern.test(repository))
    return { problem: `expected a repository path in lower case, got "${repository}"` };
  return { registry, repository, digest };
}

/** `registry/repository@digest` */
export const formatReference = (r: ImageReference): string => `${r.registry}/${r.repository}@${r.digest}`;
