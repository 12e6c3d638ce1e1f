/** What a token is for: one repository, to read it or also to write to it. */
export interface Scope {
  repository: string;
  actions: "pull" | "pull,push";
}

/** How a registry wants to be asked: with a token from a realm, with credentials, or as it is. */
export type Challenge =
  | { kind: "bearer"; realm: URL; service: string | undefined }
  | { kind: "basic" }
  | { kind: "none" };

/** Plain HTTP only towards this machine, as container engines do it (127.0.0.0/8 counts as insecure by default). */
export const schemeOf = (registry: string): "http" | "https" =>
  /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/.test(registry) ? "http" : "https";

/** True when an address may be given credentials or tokens: nothing secret goes in the clear but to this machine. */
export const isConfidential = (url: URL): boolean =>
  url.protocol === "https:" || (url.protocol === "http:" && schemeOf(url.host) === "http");

/**
 * Reads a `WWW-Authenticate` header (Docker's token authentication, which GHCR uses).
 * @returns `undefined` when it names no realm that could be asked safely
 */
export function parseChallenge(header: string | null): Challenge | undefined {
  if (header === null) return undefined;
  if (/^basic\b/i.test(header)) return { kind: "basic" };
  if (!/^bearer\s/i.test(header)) return undefined;
  const fields = new Map([...header.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]));
  const realm = fields.get("realm") ?? "";
  if (!URL.canParse(realm)) return undefined;
  const url = new URL(realm);
  return isConfidential(url) ? { kind: "bearer", realm: url, service: fields.get("service") } : undefined;
}

/** Scopes in the form of the protocol, always in one order. */
export const scopeTexts = (scopes: readonly Scope[]): string[] =>
  scopes.map(({ repository, actions }) => `repository:${repository}:${actions}`).sort();
