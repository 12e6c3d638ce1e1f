import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { Secrets } from "../../rehearsal/engine/secrets/passphrase.ts";
import { recallHosts, rememberHosts } from "../../src/automation/hostsFile.ts";
import { privateKeyOf } from "../../src/automation/sealed.ts";

const key = "-----BEGIN PRIVATE KEY-----\nnot a real one\n-----END PRIVATE KEY-----\n";
const passphrase = "correct horse";
let directory = "";

/** A stack file with the key sealed by the engine's own hand. */
function stackFile(name: string, change: (sealed: string) => string = (sealed) => sealed): void {
  const secrets = Secrets.create({ PULUMI_CONFIG_PASSPHRASE: passphrase });
  const privateKey = { secure: change(secrets.encrypt(key)) };
  const text = stringify({
    encryptionsalt: secrets.salt,
    config: { "liftlock:ssh": { port: 22, privateKey }, "liftlock:app": "shop" },
  });
  writeFileSync(join(directory, `Pulumi.${name}.yaml`), text);
}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "liftlock-sealed-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("the deploying key, without an engine", () => {
  it("is what the engine sealed, by a passphrase or a file of it", async () => {
    stackFile("production");
    expect(await privateKeyOf(directory, "production", { PULUMI_CONFIG_PASSPHRASE: passphrase })).toBe(key);
    const file = join(directory, "passphrase");
    writeFileSync(file, `${passphrase}\n`);
    expect(await privateKeyOf(directory, "production", { PULUMI_CONFIG_PASSPHRASE_FILE: file })).toBe(key);
  });

  const wrong = "PassphraseMissing";
  const right = { PULUMI_CONFIG_PASSPHRASE: passphrase };

  it.each<[string, Record<string, string>, (sealed: string) => string, string]>([
    ["another passphrase", { PULUMI_CONFIG_PASSPHRASE: "wrong" }, (sealed) => sealed, wrong],
    ["no passphrase", {}, (sealed) => sealed, wrong],
    ["a secret of another form", right, (sealed) => sealed.replace("v1", "v9"), "ConfigInvalid"],
    ["one that is no secret", right, () => "-----BEGIN PRIVATE KEY-----", "ConfigInvalid"],
    ["a secret that was cut", right, (sealed) => sealed.slice(0, -8), wrong],
  ])("is not given for %s, and nothing of it is told", async (_, variables, change, code) => {
    stackFile("staging", change);
    const failed = await privateKeyOf(directory, "staging", variables).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code });
    expect(String(failed)).not.toContain("PRIVATE KEY");
  });
});

describe("hosts that are remembered", () => {
  const known = {
    app: "shop",
    hosts: [{ name: "h1", address: "203.0.113.1", port: 22, user: "liftlock", hostKey: "ssh-ed25519 AAAA" }],
  };

  it("are recalled as they were; what is not a host's is left out", () => {
    rememberHosts(directory, "production", { ...known, secret: "x" } as typeof known);
    expect(recallHosts(directory, "production")).toEqual(known);
  });

  it("are nothing where nothing was kept, or it cannot be read", () => {
    expect(recallHosts(directory, "uat")).toBeUndefined();
    writeFileSync(join(directory, ".liftlock", "hosts.production.json"), "{");
    expect(recallHosts(directory, "production")).toBeUndefined();
  });

  it("cost nothing where they cannot be kept", () => {
    expect(() => rememberHosts(join(directory, "Pulumi.production.yaml"), "production", known)).not.toThrow();
  });
});
