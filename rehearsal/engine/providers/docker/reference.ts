/** An image reference, taken apart. */
export interface ImageReference {
  readonly registry: string;
  readonly repository: string;
  /** Tag or digest. */
  readonly version: string;
}

/** `registry/name:tag`, `registry/name@sha256:…`; what is missing is what the `docker` command assumes. */
export function parseReference(name: string): ImageReference {
  const [beforeDigest = "", digest] = name.split("@");
  const slash = beforeDigest.indexOf("/");
  const first = slash === -1 ? "" : beforeDigest.slice(0, slash);
  const hasRegistry = /[.:]/.test(first) || first === "localhost";
  const registry = hasRegistry ? first : "registry-1.docker.io";
  const path = hasRegistry ? beforeDigest.slice(slash + 1) : beforeDigest;
  const colon = path.lastIndexOf(":");
  const repository = colon === -1 ? path : path.slice(0, colon);
  const tag = colon === -1 ? "latest" : path.slice(colon + 1);
  return {
    registry,
    repository: hasRegistry || repository.includes("/") ? repository : `library/${repository}`,
    version: digest ?? tag,
  };
}
