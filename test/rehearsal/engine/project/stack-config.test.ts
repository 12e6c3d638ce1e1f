import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Project } from "../../../../rehearsal/engine/project/project.ts";
import { StackConfig } from "../../../../rehearsal/engine/project/stack-config.ts";

const ref = { project: "p", stack: "dev" };
let base = "";

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "liftlock-config-"));
  vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", "pw");
  vi.stubEnv("PULUMI_BACKEND_URL", `file://${base}/state`);
  vi.stubEnv("PULUMI_HOME", join(base, "home"));
  writeFileSync(
    join(base, "Pulumi.yaml"),
    "name: p\nruntime: nodejs\nconfig:\n  region: { type: string, default: fra1 }\n  other:ns: fixed\n",
  );
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(base, { recursive: true, force: true });
});

const config = () => new StackConfig(new Project(base), ref);
const file = () => readFileSync(join(base, "Pulumi.dev.yaml"), "utf8");
const plainValue = { secret: false, isPath: false };

describe("configuration of a stack", () => {
  test("values are strings, and stay strings when they look like numbers", () => {
    config().set("commit", "1234567", plainValue);
    expect(file()).toContain('p:commit: "1234567"');
    expect(config().get("commit", false)).toEqual({ value: "1234567", secret: false });
  });

  test("defaults of the project show, the stack's own values win", () => {
    expect(config().all(false)["p:region"]).toEqual({ value: "fra1", secret: false });
    expect(config().all(false)["other:ns"]).toEqual({ value: "fixed", secret: false });
    config().set("region", "ams3", plainValue);
    expect(config().get("p:region", false)?.value).toBe("ams3");
  });

  test("paths reach into structures and keep types", () => {
    config().set("a.b[0].c", "5", { secret: false, isPath: true });
    config().set("a.b[0].d", "true", { secret: false, isPath: true });
    config().set("a.zip", "0123", { secret: false, isPath: true });
    expect(config().get("a", false)?.objectValue).toEqual({ b: [{ c: 5, d: true }], zip: "0123" });
    expect(config().get("a.b[0].c", true)?.value).toBe("5");
    config().setStored("a.b[0].c", undefined, true);
    expect(config().get("a", false)?.objectValue).toEqual({ b: [{ d: true }], zip: "0123" });
  });

  test("a secret is stored encrypted, masked unless asked for, and makes its whole structure secret", () => {
    config().set("db.password", "hush", { secret: true, isPath: true });
    expect(file()).not.toContain("hush");
    expect(config().all(false)["p:db"]).toEqual({
      value: '{"password":"[secret]"}',
      objectValue: { password: "[secret]" },
      secret: true,
    });
    expect(config().get("db.password", true)).toEqual({ value: "hush", secret: true });
  });

  test("comments and other values survive a change", () => {
    writeFileSync(join(base, "Pulumi.dev.yaml"), "# ours\nconfig:\n  p:a: one # why\n  p:b: two\n");
    config().set("b", "three", plainValue);
    expect(file()).toBe("# ours\nconfig:\n  p:a: one # why\n  p:b: three\n");
  });

  test.each(["secretsprovider: awskms://x", "encryptedkey: abc", "environment: [prod]"])(
    "%s is refused",
    (line) => {
      writeFileSync(join(base, "Pulumi.dev.yaml"), `${line}\n`);
      expect(config).toThrow(expect.objectContaining({ code: "unsupported" }));
    },
  );
});

describe("a project", () => {
  test("is found from a directory below, and remembers the selected stack for each backend", () => {
    const project = new Project(base);
    project.select("dev");
    expect(new Project(base).selected).toBe("dev");
    vi.stubEnv("PULUMI_BACKEND_URL", `file://${base}/other`);
    expect(new Project(base).selected).toBeUndefined();
    expect(() => new Project(base).ref(undefined)).toThrow(
      expect.objectContaining({ code: "no-stack-selected" }),
    );
  });

  test("needs a backend of its own and a program that exists", () => {
    vi.stubEnv("PULUMI_BACKEND_URL", "");
    expect(() => new Project(base)).toThrow(expect.objectContaining({ code: "usage" }));
    vi.stubEnv("PULUMI_BACKEND_URL", `file://${base}/state`);
    writeFileSync(join(base, "Pulumi.yaml"), "name: p\nruntime: nodejs\nmain: stacks/index.ts\n");
    expect(() => new Project(base).program).toThrow(expect.objectContaining({ code: "project" }));
    expect(() => new Project(tmpdir())).toThrow(expect.objectContaining({ code: "project" }));
  });

  test("other languages are refused", () => {
    writeFileSync(join(base, "Pulumi.yaml"), "name: p\nruntime: python\n");
    expect(() => new Project(base).runtimeOptions).toThrow(expect.objectContaining({ code: "unsupported" }));
  });
});
