import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Secrets } from "../../../../rehearsal/engine/secrets/passphrase.ts";

// Written by the real CLI with the passphrase "pw": `pulumi stack init`, `pulumi config set --secret tok hush`.
const REAL_SALT = "v1:zv/W/JLpjDY=:v1:cI6Wqmz2WZXgpd0P:SB/exECR+oDZvfr57Osmw4oB+neppw==";
const REAL_HUSH = "v1:z3yJieUgLIMy38Xt:mcT235hExEo0v7WAK1IGd06QOLY=";

beforeEach(() => vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", "pw"));
afterEach(() => vi.unstubAllEnvs());

describe("passphrase secrets", () => {
  test("what is encrypted can be decrypted with the salt and the passphrase, and never looks the same twice", () => {
    const made = Secrets.create();
    const [one, two] = [made.encrypt("hush"), made.encrypt("hush")];
    expect(one).not.toBe(two);
    expect(one).not.toContain("hush");
    expect(new Secrets(made.salt).decrypt(one)).toBe("hush");
  });

  test("what the real CLI has encrypted can be read", () => {
    expect(new Secrets(REAL_SALT).decrypt(REAL_HUSH)).toBe("hush");
  });

  test("the key can be derived beside other work", async () => {
    const secrets = new Secrets(REAL_SALT);
    await Promise.all([secrets.unlock(), secrets.unlock()]);
    expect(secrets.decrypt(secrets.encrypt("x"))).toBe("x");
  });

  test("a wrong passphrase and a missing one are told apart from broken state", async () => {
    vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", "other");
    expect(() => new Secrets(REAL_SALT).encrypt("x")).toThrow(
      expect.objectContaining({ code: "passphrase" }),
    );
    await expect(new Secrets(REAL_SALT).unlock()).rejects.toMatchObject({ code: "passphrase" });
    vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", undefined);
    expect(() => new Secrets(REAL_SALT).encrypt("x")).toThrow(
      expect.objectContaining({ code: "passphrase" }),
    );
    vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", "pw");
    expect(() => new Secrets("v9:x:y").encrypt("x")).toThrow(expect.objectContaining({ code: "state" }));
  });
});
