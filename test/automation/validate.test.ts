import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { makeContext } from "../../src/automation/makeContext.ts";
import { validate } from "../../src/automation/validate.ts";
import { Failure } from "../../src/release/failure.ts";

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
  it("takes what fits, with what is in it", () => {
    write("staging", configuration("staging"));
    write("production", configuration("production"));
    expect(validated()).toEqual({
      valid: [
        { environment: "staging", services: 6, variables: 8 },
        { environment: "production", services: 6, variables: 8 },
      ],
      invalid: [],
    });
  });

  it("tells everything that is wrong, environment by environment", () => {
    write("staging", { ...configuration("staging"), "liftlock:flet": {} });
    const { "liftlock:environment": _, ...bare } = configuration("production");
    write("production", bare);
    const { valid, invalid } = validated();
    expect(valid).toEqual([]);
    expect(invalid.map(({ environment, code }) => [environment, code])).toEqual([
      ["staging", "ConfigInvalid"],
      ["production", "EnvironmentVariables"],
    ]);
  });

  it.each([
    ["a name that is no environment's", ["nowhere"], "StackUnknown"],
    ["an environment without a file", ["uat"], "StackUnknown"],
  ])("says so of %s", (_, names, code) => {
    write("staging", configuration("staging"));
    expect(validated(names).invalid.map((one) => one.code)).toEqual([code]);
  });

  it("refuses a project without any", () => {
    expect(() => validated()).toThrow(expect.objectContaining({ code: "StackUnknown" }) as Failure);
  });

  it("writes nothing", () => {
    write("staging", configuration("staging"));
    const before = readFileSync(join(directory, "Pulumi.staging.yaml"), "utf8");
    validated();
    expect(readFileSync(join(directory, "Pulumi.staging.yaml"), "utf8")).toBe(before);
  });
});
