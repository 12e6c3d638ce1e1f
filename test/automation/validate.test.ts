import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { makeContext } from "../../src/automation/makeContext.ts";
import { validate } from "../../src/automation/validate.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "liftlock-validate-"));
  cpSync(join(import.meta.dirname, "..", "..", "Pulumi.yaml"), join(directory, "Pulumi.yaml"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const secure = { secure: "v1:abcdefgh:ciphertext" };

/** The configuration of an environment that fits the example application. */
function configuration(name: string): Record<string, unknown> {
  return {
    "liftlock:app": "shop",
    "liftlock:fleet": { region: "fra1", operators: ["203.0.113.0/24"] },
    "liftlock:ssh": { privateKey: secure, hostKeySeed: secure },
    "liftlock:environment": {
      variables: {
        APP_ENV: name,
        HTTP_PORT: "80",
        PAYMENT_MODE: "test",
        POSTGRES_IMAGE: `ghcr.io/example/postgres@sha256:${"1".repeat(64)}`,
        PUBLIC_URL: "https://www.example.com",
      },
      secrets: { POSTGRES_PASSWORD: secure, SESSION_SECRET: secure, PLANNER_API_KEY: secure },
    },
  };
}

const write = (name: string, config: Record<string, unknown>) =>
  writeFileSync(join(directory, `Pulumi.${name}.yaml`), stringify({ config }));

const validated = (names: readonly string[] = []) =>
  validate(makeContext({ workDirectory: directory, environment: {}, notify: () => undefined }), names);

describe("validate", () => {
  it("takes what fits, with what is in it", async () => {
    write("staging", configuration("staging"));
    write("production", configuration("production"));
    expect(await validated()).toEqual({
      valid: [
        { environment: "staging", services: 6, variables: 8 },
        {
          environment: "production",
          services: 6,
          variables: 8,
          advice: ["stableAddress", "uptimeWatched"].map(
            (rule) => expect.objectContaining({ rule }) as object,
          ),
        },
      ],
      invalid: [],
    });
  });

  it("tells everything that is wrong, environment by environment", async () => {
    write("staging", { ...configuration("staging"), "liftlock:flet": {} });
    const { "liftlock:environment": _, ...bare } = configuration("production");
    write("production", bare);
    const { valid, invalid } = await validated();
    expect(valid).toEqual([]);
    expect(invalid.map(({ environment, code }) => [environment, code])).toEqual([
      ["staging", "ConfigInvalid"],
      ["production", "EnvironmentVariables"],
    ]);
  });

  it("refuses what breaks a rule of the policy, until it is excepted", async () => {
    const config = configuration("staging");
    const open = { region: "fra1", operators: ["0.0.0.0/0"] };
    write("staging", { ...config, "liftlock:fleet": open });
    expect((await validated()).invalid).toEqual([
      expect.objectContaining({ code: "PolicyViolated", message: expect.stringContaining("sshRestricted") }),
    ]);
    const exception = { rule: "sshRestricted", reason: "a demo", by: "octo-dev", expires: "2999-12-31" };
    write("staging", {
      ...config,
      "liftlock:fleet": open,
      "liftlock:policy": { exceptions: [exception] },
    });
    const { valid, invalid } = await validated();
    expect(invalid).toEqual([]);
    expect(valid[0]?.advice?.map(({ status }) => status)).toEqual(["excepted"]);
  });

  it.each([
    ["a name that is no environment's", ["nowhere"], "StackUnknown"],
    ["an environment without a file", ["uat"], "StackUnknown"],
  ])("says so of %s", async (_, names, code) => {
    write("staging", configuration("staging"));
    expect((await validated(names)).invalid.map((one) => one.code)).toEqual([code]);
  });

  it("refuses a project without any", async () => {
    await expect(validated()).rejects.toMatchObject({ code: "StackUnknown" });
  });

  it("tells what migrations do to the release that still runs, and refuses nothing for it", async () => {
    mkdirSync(join(directory, "db"));
    writeFileSync(join(directory, "db", "1.sql"), "DROP TABLE orders;");
    write("staging", { ...configuration("staging"), "liftlock:migration": { files: ["db/*.sql"] } });
    expect(await validated()).toMatchObject({
      valid: [{ migrations: [{ file: "db/1.sql", line: 1, hazard: "drop" }] }],
      invalid: [],
    });
  });

  it.each(["/etc/*.sql", "../*.sql", "db/../../*.sql", ""])("takes no files from %j", async (glob) => {
    write("staging", { ...configuration("staging"), "liftlock:migration": { files: [glob] } });
    expect((await validated()).invalid.map(({ code }) => code)).toEqual(["ConfigInvalid"]);
  });

  it("writes nothing", async () => {
    write("staging", configuration("staging"));
    const before = readFileSync(join(directory, "Pulumi.staging.yaml"), "utf8");
    await validated();
    expect(readFileSync(join(directory, "Pulumi.staging.yaml"), "utf8")).toBe(before);
  });
});
