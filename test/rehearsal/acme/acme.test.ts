/** The rehearsal's authority, asked by a client of its own: what RFC 8555 promises, and what it forbids. */
import { execFileSync } from "node:child_process";
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { derivedAccount, givenAccount } from "../../../infra/acmeAccount.ts";
import { AcmeClient } from "../../../rehearsal/acme/client.ts";
import { verifySigningRequest } from "../../../rehearsal/acme/csr.ts";
import { type AcmeAuthority, startAcme } from "../../../rehearsal/acme/server.ts";
import { Faults } from "../../../rehearsal/faults/faults.ts";

const hasOpenssl = (() => {
  try {
    execFileSync("openssl", ["version"]);
    return true;
  } catch {
    return false;
  }
})();

const derived = derivedAccount(Buffer.alloc(32, 1).toString("base64"));
const account = createPrivateKey(derived.key);
const signal = new AbortController().signal;

let faults: Faults;
let authority: AcmeAuthority;
let hosts: Server[];
let challengePort: number;
let addresses: Record<string, string[]>;

/** A host that answers every challenge, as the edges do. */
async function host(address: string, port: number, thumbprint = derived.thumbprint): Promise<number> {
  const server = createServer(({ url = "" }, answer) => answer.end(`${url.split("/").at(-1)}.${thumbprint}`));
  await new Promise<void>((resolve) => server.listen(port, address, resolve));
  hosts.push(server);
  return (server.address() as AddressInfo).port;
}

beforeEach(async () => {
  faults = new Faults();
  hosts = [];
  const port = await host("127.0.0.1", 0);
  challengePort = port;
  addresses = { "a.example.com": ["127.0.0.1"], "b.example.com": ["127.0.0.1"] };
  const resolve = (name: string) => addresses[name] ?? [];
  authority = await startAcme({ faults, names: { resolve, port }, limits: { duplicates: 2, failures: 2 } });
});
afterEach(async () => {
  for (const server of hosts) server.close();
  await authority.close();
});

const client = (key: KeyObject = account) =>
  new AcmeClient({ directory: authority.directory, root: authority.transportRoot, account: key, signal });

/** A CSR as a host makes it. */
function csr(names: readonly string[]): Buffer {
  const directory = mkdtempSync(join(tmpdir(), "liftlock-csr-"));
  try {
    const alternatives = `subjectAltName=${names.map((name) => `DNS:${name}`).join(",")}`;
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key"];
    execFileSync(
      "openssl",
      ["req", "-new", ...key, "-subj", "/", "-addext", alternatives, "-outform", "DER", "-out", "csr"],
      { cwd: directory, stdio: "ignore" },
    );
    return readFileSync(join(directory, "csr"));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** A certificate for these names, by a client that has an account. */
async function certified(names: readonly string[], asked = names, key?: KeyObject): Promise<string> {
  const asking = client(key);
  await asking.register("operators@example.com");
  return asking.certify(csr(asked), names);
}

describe.skipIf(!hasOpenssl)("a certificate", () => {
  test("is for the names that were proven, from now on for 90 days, and leads to the authority's root", async () => {
    const names = ["a.example.com", "b.example.com"];
    const chain = (await certified(names)).match(/-----BEGIN[^]+?-----END CERTIFICATE-----\n/g) ?? [];
    const [leaf, middle] = chain.map((pem) => new X509Certificate(pem));
    const root = new X509Certificate(authority.root);
    expect(leaf?.subjectAltName).toBe("DNS:a.example.com, DNS:b.example.com");
    expect(middle && leaf?.checkIssued(middle) && leaf.verify(middle.publicKey)).toBe(true);
    expect(middle?.checkIssued(root) && middle.verify(root.publicKey)).toBe(true);
    const days = (Date.parse(leaf?.validTo ?? "") - Date.now()) / 86_400_000;
    expect(days).toBeCloseTo(90, 1);
    expect(authority.issued.map((one) => one.names)).toEqual([names]);
  });

  test("can be had with an RSA account too", async () => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const { thumbprint } = givenAccount(privateKey.export({ format: "pem", type: "pkcs8" }).toString());
    await host("127.0.0.7", challengePort, thumbprint);
    addresses["a.example.com"] = ["127.0.0.7"];
    expect(await certified(["a.example.com"], undefined, privateKey)).toContain("BEGIN CERTIFICATE");
  });

  test("is had in spite of a lost nonce", async () => {
    const body = { type: "urn:ietf:params:acme:error:badNonce", detail: "too old" };
    faults.add({ part: "acme", match: "new-order", action: { kind: "status", status: 400, body } });
    expect(await certified(["a.example.com"])).toContain("BEGIN CERTIFICATE");
    expect(authority.requests.count(/^POST \/new-order/)).toBe(2);
  });
});

describe.skipIf(!hasOpenssl)("no certificate is given", () => {
  it.each<[string, readonly string[], readonly string[], () => Promise<unknown> | undefined, string]>([
    ["for a name without an address", ["c.example.com"], ["c.example.com"], () => undefined, "error:dns"],
    ["for an address", ["127.0.0.1"], ["a.example.com"], () => undefined, "error:rejectedIdentifier"],
    ["for a wildcard", ["*.example.com"], ["a.example.com"], () => undefined, "error:rejectedIdentifier"],
    [
      "for other names than were ordered",
      ["a.example.com"],
      ["b.example.com"],
      () => undefined,
      "error:badCSR",
    ],
    [
      "where nobody listens at one of the name's addresses",
      ["a.example.com"],
      ["a.example.com"],
      async () => addresses["a.example.com"]?.push("127.0.0.9"),
      "error:connection",
    ],
    [
      "where one of the name's hosts answers for another account",
      ["a.example.com"],
      ["a.example.com"],
      async () => {
        await host("127.0.0.8", challengePort, "somebody-else");
        addresses["a.example.com"]?.push("127.0.0.8");
      },
      "error:unauthorized",
    ],
  ])("%s", async (_, names, asked, before, error) => {
    await before();
    await expect(certified(names, asked)).rejects.toThrow(error);
    expect(authority.issued).toEqual([]);
  });

  test("more often than the limit for the same names", async () => {
    await certified(["a.example.com"]);
    await certified(["a.example.com"]);
    await expect(certified(["a.example.com"])).rejects.toThrow("error:rateLimited");
    await expect(certified(["a.example.com", "b.example.com"])).resolves.toContain("CERTIFICATE");
  });

  test("after too many failed validations", async () => {
    for (const error of ["error:dns", "error:dns", "error:rateLimited"])
      await expect(certified(["c.example.com"])).rejects.toThrow(error);
  });

  test("without an account", async () => {
    await expect(client().certify(csr(["a.example.com"]), ["a.example.com"])).rejects.toThrow(
      "error:accountDoesNotExist",
    );
  });

  test("while it is down", async () => {
    faults.add({ part: "acme", match: ".", action: { kind: "refuse" } });
    await expect(certified(["a.example.com"])).rejects.toThrow("Problem connecting to server");
  });
});

describe("a request", () => {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

  const send = (method: string, path: string, body = "", type = "application/jose+json") =>
    new Promise<{ status: number; nonce: string; body: string }>((resolve, reject) => {
      const url = new URL(path, authority.directory);
      const headers = { "content-type": type };
      request(url, { method, headers, ca: authority.transportRoot, agent: false }, (answer) => {
        let text = "";
        answer.on("data", (chunk) => {
          text += String(chunk);
        });
        const nonce = String(answer.headers["replay-nonce"]);
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, nonce, body: text }));
      })
        .once("error", reject)
        .end(body);
    });

  /** A new account is asked for, with something about it changed. */
  async function register(change: object = {}, spoil = (text: string) => text, payload: object = {}) {
    const { nonce } = await send("HEAD", "/new-nonce");
    const { kty, crv, x, y } = account.export({ format: "jwk" });
    const url = new URL("/new-account", authority.directory).href;
    const head = encode({ alg: "ES256", nonce, url, jwk: { kty, crv, x, y }, ...change });
    const body = encode({ termsOfServiceAgreed: true, ...payload });
    const signature = sign("sha256", Buffer.from(`${head}.${body}`), {
      key: account,
      dsaEncoding: "ieee-p1363",
    });
    const signed = { protected: head, payload: body, signature: spoil(signature.toString("base64url")) };
    return send("POST", "/new-account", JSON.stringify(signed));
  }

  test("that is right makes one account, however often it comes", async () => {
    expect([(await register()).status, (await register()).status]).toEqual([201, 200]);
    expect(authority.accounts.map(({ thumbprint }) => thumbprint)).toEqual([derived.thumbprint]);
  });

  it.each<[string, () => Promise<{ status: number; body: string }>, string]>([
    ["a wrong signature", () => register({}, (text) => `A${text.slice(1, -1)}A`), "malformed"],
    ["a nonce that is none", () => register({ nonce: "made-up" }), "badNonce"],
    ["another URL", () => register({ url: "https://example.com/new-account" }), "unauthorized"],
    ["another algorithm", () => register({ alg: "none" }), "badSignatureAlgorithm"],
    ["a key and an account", () => register({ kid: "x" }), "malformed"],
    ["no key", () => register({ jwk: undefined }), "malformed"],
    ["a key that is none", () => register({ jwk: { kty: "EC" } }), "malformed"],
    [
      "terms that were not accepted",
      () => register({}, undefined, { termsOfServiceAgreed: false }),
      "userActionRequired",
    ],
    ["no JSON", () => send("POST", "/new-account", "{"), "malformed"],
    ["another type", () => send("POST", "/new-account", "{}", "application/json"), "malformed"],
  ])("with %s is refused", async (_, sent, type) => {
    const { status, body } = await sent();
    expect(status).toBeGreaterThanOrEqual(400);
    expect(JSON.parse(body)).toMatchObject({ type: `urn:ietf:params:acme:error:${type}` });
    expect(authority.accounts).toEqual([]);
  });

  test("is good once", async () => {
    const { nonce } = await send("HEAD", "/new-nonce");
    expect((await register({ nonce })).status).toBe(201);
    expect(JSON.parse((await register({ nonce })).body)).toMatchObject({
      type: expect.stringContaining("badNonce"),
    });
  });
});

test.each([["", "AAAA", "MIIB", Buffer.from("3003020100", "hex").toString("base64url")]].flat())(
  "%j is no CSR",
  (text) => expect(() => verifySigningRequest(text)).toThrow("badCSR"),
);
