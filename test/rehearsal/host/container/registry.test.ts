/** The registry as container hosts reach it: over TLS, with a certificate of the world's own authority. */
import { X509Certificate } from "node:crypto";
import { request } from "node:https";
import { describe, expect, onTestFinished, test } from "vitest";
import { Faults } from "../../../../rehearsal/faults/faults.ts";
import { startRegistry } from "../../../../rehearsal/registry/server.ts";
import { newAuthority } from "../../../../rehearsal/registry/tls/authority.ts";

async function start() {
  const authority = newAuthority();
  const registry = await startRegistry({
    faults: new Faults(),
    auth: { username: "octocat", password: "ghp_secret" },
    tls: authority.issue("127.0.0.1"),
  });
  onTestFinished(() => registry.close());
  const ask = (ca: string, host = "127.0.0.1") =>
    new Promise<{ status: number | undefined; challenge: string | undefined }>((resolve, reject) => {
      request(`${registry.url}/v2/`, { ca, servername: "", host, agent: false }, (response) => {
        response.resume();
        resolve({ status: response.statusCode, challenge: response.headers["www-authenticate"] });
      })
        .once("error", reject)
        .end();
    });
  return { authority, registry, ask };
}

describe("a registry with TLS", () => {
  test("is trusted by who trusts its authority, and names a token realm over TLS", async () => {
    const { authority, registry, ask } = await start();
    expect(registry.url).toBe(`https://${registry.host}`);
    const { status, challenge } = await ask(authority.certificate);
    expect(status).toBe(401);
    expect(challenge).toContain(`realm="${registry.url}/token"`);
  });

  test("is not trusted by others", async () => {
    const { ask } = await start();
    await expect(ask(newAuthority().certificate)).rejects.toMatchObject({
      code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    });
  });
});

describe("an authority", () => {
  test.each([
    ["10.77.3.1", "IP Address:10.77.3.1"],
    ["registry.test", "DNS:registry.test"],
  ])("issues certificates for %s and nothing else", (host, name) => {
    const authority = newAuthority();
    const [issuer, issued] = [authority.certificate, authority.issue(host).certificate].map(
      (pem) => new X509Certificate(pem),
    );
    expect(issuer?.ca).toBe(true);
    expect(issued?.ca).toBe(false);
    expect(issued?.subjectAltName).toBe(name);
    expect(issuer && issued?.verify(issuer.publicKey)).toBe(true);
    expect(issued?.verify(new X509Certificate(newAuthority().certificate).publicKey)).toBe(false);
    expect(Date.parse(issued?.validTo ?? "") - Date.now()).toBeGreaterThan(6 * 24 * 3600 * 1000);
  });
});
