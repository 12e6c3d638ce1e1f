import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Secrets } from "../../../../rehearsal/engine/secrets/passphrase.ts";
import { Backend } from "../../../../rehearsal/engine/state/backend.ts";
import { CheckpointWriter, checkpointText } from "../../../../rehearsal/engine/state/checkpoint.ts";
import { fromDeployment, toDeployment } from "../../../../rehearsal/engine/state/deployment.ts";
import { addHistory, readHistory, type UpdateInfo } from "../../../../rehearsal/engine/state/history.ts";
import { cancelLocks, lockStack } from "../../../../rehearsal/engine/state/locks.ts";
import { makeUrn, packageOf, type Resource } from "../../../../rehearsal/engine/state/resource.ts";
import { secret } from "../../../../rehearsal/engine/values/values.ts";

const ref = { project: "p", stack: "dev" };
let base = "";

beforeEach(() => {
  vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", "pw");
  base = mkdtempSync(join(tmpdir(), "liftlock-state-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(base, { recursive: true, force: true });
});

const resource = (name: string, more: Partial<Resource> = {}): Resource => ({
  urn: makeUrn(ref, "", "a:b:C", name),
  type: "a:b:C",
  custom: true,
  id: name,
  inputs: { token: secret({ deep: "hush" }) },
  outputs: { plain: 1 },
  ...more,
});

describe("deployments", () => {
  test("what is written can be read again, and secrets are not in the clear", () => {
    const secrets = Secrets.create();
    const snapshot = { resources: [resource("x")], pending: [], secrets };
    const text = checkpointText(ref, snapshot);
    expect(text).not.toContain("hush");
    const { checkpoint } = JSON.parse(text) as { checkpoint: { latest: unknown } };
    expect(fromDeployment({ version: 3, deployment: checkpoint.latest }, secrets).resources).toEqual(
      snapshot.resources,
    );
  });

  test("an export with secrets shown needs no key to be read", () => {
    const shown = toDeployment({ resources: [resource("x")], pending: [] }, true);
    expect(JSON.stringify(shown)).toContain("hush");
    expect(fromDeployment({ deployment: shown }).resources).toEqual([resource("x")]);
  });

  test.each([
    ["a newer kind of resource", { deployment: { resources: [{ urn: "u", taint: true }] } }],
    ["a newer version", { version: 5, deployment: {} }],
    ["features", { deployment: {}, features: ["new"] }],
    ["another secrets provider", { deployment: { secrets_providers: { type: "cloud", state: {} } } }],
  ])("%s is refused rather than damaged", (_name, raw) => {
    expect(() => fromDeployment(raw)).toThrow(expect.objectContaining({ code: "unsupported" }));
  });

  test("packages are told from types", () => {
    expect(packageOf("digitalocean:index/droplet:Droplet")).toBe("digitalocean");
    expect(packageOf("pulumi:providers:github")).toBe("github");
  });
});

describe("a backend", () => {
  const open = () => new Backend(`file://${base}`);

  test("a new directory is claimed with a marker when something is stored", () => {
    open().save(ref, { resources: [], pending: [] });
    expect(readFileSync(join(base, ".pulumi/rehearsal.yaml"), "utf8")).toContain("rehearsal: true");
    expect(readFileSync(join(base, ".pulumi/meta.yaml"), "utf8")).toBe("version: 1\n");
    expect(open().list()).toMatchObject([{ ...ref, count: 0 }]);
  });

  test("another tool's backend is refused", () => {
    mkdirSync(join(base, ".pulumi"));
    writeFileSync(join(base, ".pulumi/meta.yaml"), "version: 1\n");
    expect(open).toThrow(expect.objectContaining({ code: "foreign-backend" }));
  });

  test("other kinds of backends are refused", () => {
    expect(() => new Backend("s3://bucket")).toThrow(expect.objectContaining({ code: "unsupported" }));
    expect(() => new Backend("https://api.pulumi.com")).toThrow(
      expect.objectContaining({ code: "unsupported" }),
    );
  });

  test("a lock keeps others out until it is given back or cancelled", () => {
    const unlock = lockStack(open(), ref);
    const message = "the stack is currently locked by 1 lock(s)";
    const refused = expect.objectContaining({
      code: "stack-locked",
      message: expect.stringContaining(message) as string,
    });
    expect(() => lockStack(open(), ref)).toThrow(refused);
    unlock();
    lockStack(open(), ref);
    cancelLocks(open(), ref);
    lockStack(open(), ref)();
  });

  test("history is newest first and in pages", () => {
    const backend = open();
    backend.save(ref, { resources: [], pending: [] });
    const info: UpdateInfo = {
      kind: "update",
      startTime: 1,
      endTime: 2,
      message: "",
      environment: {},
      config: {},
      version: 0,
      result: "succeeded",
      resourceChanges: {},
    };
    for (const message of ["one", "two", "three"]) addHistory(backend, ref, { ...info, message });
    expect(readHistory(backend, ref).map(({ message }) => message)).toEqual(["three", "two", "one"]);
    expect(readHistory(backend, ref, 2, 2).map(({ message }) => message)).toEqual(["one"]);
  });
});

describe("checkpoints", () => {
  test("writes asked for meanwhile are done together, and the last one wins", async () => {
    let made = 0;
    const file = join(base, "stacks/p/dev.json");
    const writer = new CheckpointWriter(file, () => String(++made));
    await Promise.all([writer.flush(), writer.flush(), writer.flush()]);
    expect(made).toBe(1);
    writer.touch();
    await writer.finish();
    expect(readFileSync(file, "utf8")).toBe("2");
    await writer.finish();
    expect(made).toBe(2);
  });
});
