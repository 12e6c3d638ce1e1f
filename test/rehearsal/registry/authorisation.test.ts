import { describe, expect, test } from "vitest";
import { stopWallClock } from "../../wallClock.ts";
import { type Asked, codeOf, start } from "./asking.ts";

const auth = { username: "octocat", password: "ghp_secret" };
const basic = (text = "octocat:ghp_secret") => ({
  authorization: `Basic ${Buffer.from(text).toString("base64")}`,
});

async function tokenFor(registry: Asked, ...scopes: string[]): Promise<Record<string, string>> {
  const query = new URLSearchParams(scopes.map((scope): [string, string] => ["scope", scope]));
  const answer = await registry.ask("GET", `/token?service=x&${query.toString()}`, { headers: basic() });
  const { token } = (await answer.json()) as { token: string };
  return { authorization: `Bearer ${token}` };
}

const challengeOf = (answer: Response) => answer.headers.get("www-authenticate");

describe("without a token", () => {
  test.each([
    ["GET", "", "repository:user/image:pull"],
    ["GET", "a/b/manifests/1", "repository:a/b:pull"],
    ["HEAD", "a/b/manifests/1", "repository:a/b:pull"],
    ["GET", "a/b/tags/list", "repository:a/b:pull"],
    ["PUT", "a/b/manifests/1", "repository:a/b:pull,push"],
    ["POST", "a/b/blobs/uploads/", "repository:a/b:pull,push"],
    ["DELETE", "a/b/manifests/1", "repository:a/b:delete"],
    ["POST", "a/b/blobs/uploads/?mount=x&from=c/d", "repository:a/b:pull,push repository:c/d:pull"],
  ])("%s /v2/%s is challenged for %s", async (method, path, scope) => {
    const registry = await start({ auth });
    const answer = await registry.ask(method, path);
    expect(answer.status).toBe(401);
    expect(challengeOf(answer)).toBe(
      `Bearer realm="${registry.url}/token",service="${registry.host}",scope="${scope}"`,
    );
  });

  test("the refusal has the registry's shape", async () => {
    const registry = await start({ auth });
    expect(await codeOf(await registry.ask("GET", ""))).toBe("UNAUTHORIZED");
  });

  test("everything is open when no credentials are set", async () => {
    const registry = await start();
    expect((await registry.ask("GET", "")).status).toBe(200);
    expect((await registry.ask("POST", "a/blobs/uploads/")).status).toBe(202);
  });
});

describe("the token endpoint", () => {
  test.each([
    ["nothing", {}, 401, "UNAUTHORIZED"],
    ["a wrong password", basic("octocat:guess"), 403, "DENIED"],
    ["another user", basic("mallory:ghp_secret"), 403, "DENIED"],
    ["a bearer token", { authorization: "Bearer ghp_secret" }, 403, "DENIED"],
  ])("refuses %s", async (_, headers, status, code) => {
    const registry = await start({ auth });
    const answer = await registry.ask("GET", "/token?scope=repository:a:pull", { headers });
    expect([answer.status, await codeOf(answer)]).toEqual([status, code]);
  });

  test("sends OAuth2 clients on to GET", async () => {
    const registry = await start({ auth });
    expect((await registry.ask("POST", "/token", { body: "grant_type=password" })).status).toBe(405);
  });
});

describe("a token", () => {
  test("opens what it is for", async () => {
    const registry = await start({ auth });
    const headers = await tokenFor(registry, "repository:a/b:pull,push", "repository:c:pull");
    expect((await registry.ask("GET", "", { headers })).status).toBe(200);
    expect((await registry.ask("POST", "a/b/blobs/uploads/", { headers })).status).toBe(202);
    expect((await registry.ask("GET", "c/manifests/1", { headers })).status).toBe(404);
  });

  test.each([
    ["GET", "other/manifests/1"],
    ["GET", "a/b/manifests/1"],
    ["PUT", "a/manifests/1"],
    ["DELETE", "a/manifests/1"],
    ["POST", "a/blobs/uploads/?mount=x&from=b"],
  ])("for pulling from one repository does not do for %s %s", async (method, path) => {
    const registry = await start({ auth });
    const headers = await tokenFor(registry, "repository:a:pull");
    const answer = await registry.ask(method, path, { headers });
    expect(answer.status).toBe(401);
    expect(challengeOf(answer)).toContain('error="insufficient_scope"');
  });

  test("may be asked for with several scopes in one value, as the challenge gives them", async () => {
    const registry = await start({ auth });
    const headers = await tokenFor(registry, "repository:a:pull,push repository:b:pull");
    expect((await registry.ask("POST", "a/blobs/uploads/?mount=x&from=b", { headers })).status).toBe(400);
  });

  test("expires", async () => {
    const clock = stopWallClock();
    const registry = await start({ auth, tokenSeconds: 300 });
    const headers = await tokenFor(registry, "repository:a:pull");
    expect((await registry.ask("GET", "", { headers })).status).toBe(200);
    clock.pass(300_001);
    const answer = await registry.ask("GET", "", { headers });
    expect(answer.status).toBe(401);
    expect(challengeOf(answer)).toContain('error="invalid_token"');
  });

  test("that was changed, or is another registry's, opens nothing", async () => {
    const [registry, other] = [await start({ auth }), await start({ auth })];
    const { authorization = "" } = await tokenFor(registry, "repository:a:pull");
    const [head, , signature] = authorization.split(".");
    const claims = { exp: 9e9, access: [{ type: "repository", name: "a", actions: ["*"] }] };
    const forged = `${head}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.${signature}`;
    for (const [where, token] of [
      [registry, forged],
      [other, authorization],
      [registry, "Bearer x"],
    ] as const) {
      expect((await where.ask("GET", "", { headers: { authorization: token } })).status).toBe(401);
    }
  });

  test("is needed: credentials alone are refused, as on GHCR", async () => {
    const registry = await start({ auth });
    const answer = await registry.ask("GET", "a/manifests/1", { headers: basic() });
    expect([answer.status, await codeOf(answer)]).toEqual([403, "DENIED"]);
  });
});

test("a fault has the registry's shape and its Retry-After", async () => {
  const registry = await start();
  registry.faults.add({
    part: "registry",
    match: "HEAD|GET /v2/a/manifests/",
    action: { kind: "status", status: 429, retryAfterSeconds: 3 },
  });
  const answer = await registry.ask("GET", "a/manifests/1");
  expect([answer.status, answer.headers.get("retry-after")]).toEqual([429, "3"]);
  expect(await codeOf(answer)).toBe("TOOMANYREQUESTS");
});
