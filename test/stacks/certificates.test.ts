import { describe, expect, it, test } from "vitest";
import { derivedAccount } from "../../infra/acmeAccount.ts";
import { Failure } from "../../src/release/failure.ts";
import { acmeAccount, acmePayload } from "../../stacks/certificates.ts";
import { parseConfig } from "../../stacks/config.ts";
import type { StackConfig } from "../../stacks/schema.ts";

const seed = Buffer.alloc(32, 3).toString("base64");
const acme = { email: "operators@example.com" };
const pair = { certificate: "-----BEGIN CERTIFICATE-----", key: "-----BEGIN PRIVATE KEY-----" };
const root = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

const config = (tls: object, more: object = {}, edge: object = {}): Record<string, unknown> => ({
  "liftlock:app": "shop",
  "liftlock:fleet": { size: 2, region: "fra1", operators: ["203.0.113.0/24"] },
  "liftlock:ssh": { privateKey: "key", hostKeySeed: seed },
  "liftlock:dns": { domain: "example.com", names: ["@", "www"] },
  "liftlock:edge": {
    routes: [
      { service: "web", port: 8080 },
      { service: "api", port: 3000, hostName: "api.example.com" },
    ],
    tls,
    ...edge,
  },
  ...more,
});

const parsed = (raw: Record<string, unknown>): StackConfig =>
  parseConfig(raw, "Pulumi.production.yaml", "program");

/** Lines of the settings that a host reads, by their first word. */
function settings(raw: Record<string, unknown>): Record<string, string[]> {
  const value = parsed(raw);
  const text = acmePayload(value, acmeAccount(value))?.settings ?? "nothing is asked for";
  const lines = text.trimEnd().split("\n");
  return Object.fromEntries(
    [...Map.groupBy(lines, (line) => line.split(" ")[0] ?? "")].map(([key, found]) => [
      key,
      found.map((line) => line.slice(key.length + 1)),
    ]),
  );
}

describe("certificates from an authority", () => {
  test("are Let's Encrypt's, for the names of routes and records, with an account of the stack's own", () => {
    expect(settings(config({ acme }))).toEqual({
      directory: ["https://acme-v02.api.letsencrypt.org/directory"],
      email: ["operators@example.com"],
      name: ["api.example.com", "example.com", "www.example.com"],
      account: [Buffer.from(derivedAccount(seed).key).toString("base64")],
    });
  });

  test("may be another authority's, for other names, with another account", () => {
    const directory = "https://ca.example.com:9000/acme/directory";
    const { key } = derivedAccount(Buffer.alloc(32, 4).toString("base64"));
    const given = { ...acme, directory, names: ["shop.example.org"], root, accountKey: key };
    expect(settings(config({ acme: given }))).toEqual({
      directory: [directory],
      email: ["operators@example.com"],
      name: ["shop.example.org"],
      account: [Buffer.from(key).toString("base64")],
      root: [Buffer.from(root).toString("base64")],
    });
  });

  test("are asked for nowhere without acme", () => {
    const value = parsed(config(pair));
    expect([acmeAccount(value), acmePayload(value, undefined)]).toEqual([undefined, undefined]);
  });
});

const ports = { "liftlock:fleet": { size: 2, region: "fra1", operators: ["203.0.113.0/24"], ports: [80] } };
const wild = { "liftlock:dns": { domain: "example.com", names: ["*"] } };
const names = (...all: string[]) => ({ acme: { ...acme, names: all } });

function refusal(raw: Record<string, unknown>): Failure {
  try {
    parsed(raw);
  } catch (thrown) {
    if (thrown instanceof Failure) return thrown;
    throw thrown;
  }
  return expect.unreachable("it was taken");
}

describe("is refused with its place", () => {
  it.each<[string, string, Record<string, unknown>]>([
    ["neither of both", "liftlock:edge.tls.certificate", config({})],
    ["a certificate without its key", "liftlock:edge.tls.key", config({ certificate: pair.certificate })],
    ["a key without its certificate", "liftlock:edge.tls.certificate", config({ key: pair.key })],
    ["both", "liftlock:edge.tls.certificate", config({ ...pair, acme })],
    ["a key beside acme", "liftlock:edge.tls.key", config({ key: pair.key, acme })],
    ["no address for the authority", "liftlock:edge.tls.acme.email", config({ acme: {} })],
    [
      "an address that breaks out",
      "liftlock:edge.tls.acme.email",
      config({ acme: { email: "o'x@example.com" } }),
    ],
    [
      "plain HTTP",
      "liftlock:edge.tls.acme.directory",
      config({ acme: { ...acme, directory: "http://ca.example.com" } }),
    ],
    [
      "a directory that breaks out",
      "liftlock:edge.tls.acme.directory",
      config({ acme: { ...acme, directory: "https://ca.example.com/$(id)'" } }),
    ],
    ["a root that is none", "liftlock:edge.tls.acme.root", config({ acme: { ...acme, root: "AAAA" } })],
    ["a misspelt key", "liftlock:edge.tls.acme.mail", config({ acme: { ...acme, mail: "x" } })],
    ["no names", "liftlock:edge.tls.acme.names", config(names())],
    ["a wildcard", "liftlock:edge.tls.acme.names.0", config(names("*.example.com"))],
    ["an address", "liftlock:edge.tls.acme.names.0", config(names("192.0.2.1"))],
    ["a name without a domain", "liftlock:edge.tls.acme.names.0", config(names("localhost"))],
    ["capitals", "liftlock:edge.tls.acme.names.0", config(names("Example.com"))],
    ["a name that breaks out", "liftlock:edge.tls.acme.names.0", config(names("a.example.com\nname b"))],
    ["a wildcard of the records", "liftlock:edge.tls.acme.names", config({ acme }, wild)],
    [
      "no name to be found",
      "liftlock:edge.tls.acme.names",
      config({ acme }, { "liftlock:dns": undefined }, { routes: [{ service: "web", port: 8080 }] }),
    ],
    ["another port than challenges come to", "liftlock:edge.port", config({ acme }, {}, { port: 8080 })],
    [
      "health over HTTPS, to addresses",
      "liftlock:health.scheme",
      config({ acme }, { "liftlock:health": { scheme: "https", port: 443 } }),
    ],
    [
      "health on a path that is redirected",
      "liftlock:health.paths",
      config(pair, { "liftlock:health": { paths: ["/healthz", "/version"] } }),
    ],
    ["a closed port of HTTPS", "liftlock:fleet.ports", config({ acme }, ports)],
  ])("%s", (_, place, raw) => {
    const failure = refusal(JSON.parse(JSON.stringify(raw)) as Record<string, unknown>);
    expect(failure.code).toBe("ConfigInvalid");
    expect(failure.message.replaceAll(/ +/g, " ")).toContain(`\n ${place} `);
  });

  it("an account's key that is none", () => {
    const value = parsed(config({ acme: { ...acme, accountKey: "none" } }));
    expect(() => acmeAccount(value)).toThrow(expect.objectContaining({ code: "ConfigInvalid" }));
  });
});

it("another port than 80 is fine for an authority of one's own", () => {
  const fleet = { size: 2, region: "fra1", operators: ["203.0.113.0/24"], ports: [80, 443, 8080] };
  const own = { ...acme, directory: "https://ca.example.com/directory" };
  expect(parsed(config({ acme: own }, { "liftlock:fleet": fleet }, { port: 8080 })).edge?.port).toBe(8080);
});
