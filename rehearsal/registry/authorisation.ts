/** Who may do what: Docker's token authentication, which GHCR uses. */
import type { Answer, Handler, Request } from "../http/exchange.ts";
import type { Router } from "../http/router.ts";
import { refuse } from "./errors.ts";
import { type Access, parseScope, type Tokens } from "./tokens.ts";

export interface Credentials {
  username: string;
  password: string;
}

function actionsFor(method: string): string[] {
  if (method === "GET" || method === "HEAD") return ["pull"];
  return method === "DELETE" ? ["delete"] : ["pull", "push"];
}

/** What a request needs. `/v2/` itself needs any valid token. */
function needed(request: Request): Access[] {
  const name = /^\/v2\/(.+?)\/(?:manifests|blobs|tags|referrers)\//.exec(request.path)?.[1];
  if (name === undefined) return [];
  const needs: Access[] = [{ type: "repository", name, actions: actionsFor(request.method) }];
  const from = request.query.get("from");
  if (request.method === "POST" && from && from !== name) {
    needs.push({ type: "repository", name: from, actions: ["pull"] });
  }
  return needs;
}

function covers(granted: readonly Access[], need: Access): boolean {
  const actions = granted.filter(({ name }) => name === need.name).flatMap((access) => access.actions);
  return need.actions.every((action) => actions.includes(action) || actions.includes("*"));
}

/** The challenge that tells a client where to get which token. GHCR names a placeholder scope for `/v2/`. */
function challenge(request: Request, needs: readonly Access[], error?: string) {
  const scopes = needs.map(({ name, actions }) => `repository:${name}:${actions.join(",")}`);
  const scope = scopes.length > 0 ? scopes.join(" ") : "repository:user/image:pull";
  const service = new URL(request.origin).host;
  const value = `Bearer realm="${request.origin}/token",service="${service}",scope="${scope}"`;
  const headers = { "www-authenticate": error ? `${value},error="${error}"` : value };
  return refuse(401, "UNAUTHORIZED", error ?? "authentication required", headers);
}

/** Lets a request under `/v2/` through only with a token that covers it; throws the challenge otherwise. */
export function guard(tokens: Tokens, request: Request, next: Handler): Answer | Promise<Answer> {
  if (!/^\/v2(\/|$)/.test(request.path)) return next(request);
  const needs = needed(request);
  const header = request.headers.authorization;
  if (header === undefined) throw challenge(request, needs);
  const token = /^bearer (.+)$/i.exec(header)?.[1];
  if (token === undefined) throw refuse(403, "DENIED", "invalid token");
  const granted = tokens.verify(token);
  if (!granted) throw challenge(request, needs, "invalid_token");
  if (!needs.every((need) => covers(granted, need))) throw challenge(request, needs, "insufficient_scope");
  return next(request);
}

function verifyCredentials(request: Request, credentials: Credentials): void {
  const header = request.headers.authorization;
  if (header === undefined) throw refuse(401, "UNAUTHORIZED", "authentication required");
  const given = Buffer.from(/^basic (.+)$/i.exec(header)?.[1] ?? "", "base64").toString();
  if (given !== `${credentials.username}:${credentials.password}`) throw refuse(403, "DENIED", "denied");
}

/** Adds `/token`, which gives tokens for the scopes asked for to whoever has the credentials. */
export function addTokenEndpoint(router: Router, tokens: Tokens, credentials: Credentials | undefined): void {
  router.on("GET", "/token", (request) => {
    if (credentials) verifyCredentials(request, credentials);
    const scopes = request.query.getAll("scope").flatMap((scope) => scope.split(" "));
    const access = scopes.map(parseScope).filter((scope) => scope !== undefined);
    const token = tokens.issue(credentials?.username ?? "anonymous", access);
    const issued_at = new Date().toISOString();
    return { status: 200, json: { token, access_token: token, expires_in: tokens.seconds, issued_at } };
  });
  // Clients that try OAuth2 first (containerd) go on with GET after this.
  router.on("POST", "/token", () => {
    throw refuse(405, "UNSUPPORTED", "the token endpoint answers GET only");
  });
}
