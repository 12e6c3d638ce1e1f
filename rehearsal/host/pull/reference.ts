/** Image references as Docker reads them. https://github.com/distribution/reference */

export interface Reference {
  /** `127.0.0.1:5000`, `ghcr.io`, `docker.io` */
  registry: string;
  /** `example/shop/api`; `library/` is put in front of Docker Hub's one-word names. */
  repository: string;
  /** As people write it: Docker Hub is left out. */
  familiar: string;
  tag: string | undefined;
  digest: string | undefined;
}

const pattern = /^([^@]+?)(?::([A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/;
const path = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;

/** Nothing when it is no reference. The tag is `latest` when neither a tag nor a digest is given. */
export function parseReference(text: string): Reference | undefined {
  const [, name, tag, digest] = pattern.exec(text) ?? [];
  if (name === undefined) return undefined;
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(slash, 0));
  const explicit = /[.:]/.test(first) || first === "localhost";
  const registry = explicit ? first : "docker.io";
  const rest = explicit ? name.slice(slash + 1) : name;
  if (!path.test(rest)) return undefined;
  const hub = registry === "docker.io";
  return {
    registry,
    repository: hub && !rest.includes("/") ? `library/${rest}` : rest,
    familiar: hub ? rest : `${registry}/${rest}`,
    tag: tag ?? (digest === undefined ? "latest" : undefined),
    digest,
  };
}

/** The name under which a host keeps the image: the digest wins over the tag. */
export function storedName({ familiar, tag, digest }: Reference): string {
  return digest === undefined ? `${familiar}:${tag}` : `${familiar}@${digest}`;
}

/** Plain HTTP for registries on this machine, as Docker does for 127.0.0.0/8. */
export function registryUrl(registry: string): string {
  const host = registry.replace(/:\d+$/, "");
  const loopback = host === "localhost" || /^127\.\d+\.\d+\.\d+$/.test(host);
  if (loopback) return `http://${registry}`;
  return registry === "docker.io" ? "https://registry-1.docker.io" : `https://${registry}`;
}
