import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { askHelper } from "../../src/registry/credentialHelper.ts";
import { findCredentials } from "../../src/registry/findCredentials.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");

interface Machine {
  HOME: string;
  PATH: string;
  [name: string]: string;
}

/** A home directory with Docker's configuration, and programs on the PATH. */
function machine(config: unknown, programs: Record<string, string> = {}): Machine {
  const home = mkdtempSync(join(tmpdir(), "liftlock-credentials-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  mkdirSync(join(home, ".docker"));
  mkdirSync(join(home, "bin"));
  const text = typeof config === "string" ? config : JSON.stringify(config);
  if (config !== undefined) writeFileSync(join(home, ".docker", "config.json"), text);
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(home, "bin", name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(home, "bin", name), 0o755);
  }
  return { HOME: home, PATH: [join(home, "bin"), "/usr/bin", "/bin"].join(delimiter) };
}

const answering = (username: string, secret: string) =>
  `read -r server; test "$1" = get && printf '{"ServerURL":"%s","Username":"${username}","Secret":"${secret}"}' "$server"`;

const find = (environment: Machine, registry = "ghcr.io") => findCredentials(registry, { environment });

describe("credentials come from", () => {
  test("what is given, before anything else", async () => {
    const given = [{ server: "ghcr.io", username: "given", token: "1" }];
    const environment = {
      ...machine({ auths: { "ghcr.io": { auth: base64("docker:3") } } }),
      LIFTLOCK_REGISTRY_USERNAME: "environment",
      LIFTLOCK_REGISTRY_TOKEN: "2",
    };
    expect(await findCredentials("ghcr.io", { given, environment })).toEqual(given[0]);
    expect((await findCredentials("ghcr.io", { environment }))?.username).toBe("environment");
  });

  test("the environment only for the registry that it names", async () => {
    const base = { ...machine(undefined), LIFTLOCK_REGISTRY_USERNAME: "u", LIFTLOCK_REGISTRY_TOKEN: "t" };
    expect(await find(base, "evil.example.com")).toBeUndefined();
    const other = { ...base, LIFTLOCK_REGISTRY_SERVER: "registry.example.com" };
    expect((await find(other, "registry.example.com"))?.token).toBe("t");
    expect(await find(other, "ghcr.io")).toBeUndefined();
  });

  test.each(["ghcr.io", "https://ghcr.io", "https://ghcr.io/v1/", "https://ghcr.io/v2/"])(
    "Docker's configuration under %s",
    async (key) => {
      const found = await find(machine({ auths: { [key]: { auth: base64("u:with:colons") } } }));
      expect(found).toEqual({ server: "ghcr.io", username: "u", token: "with:colons" });
    },
  );

  test.each([
    ["the helper for this registry", { credHelpers: { "ghcr.io": "one" }, credsStore: "two" }, "one"],
    ["the helper for all", { auths: { "ghcr.io": {} }, credsStore: "two" }, "two"],
  ])("%s", async (_, config, username) => {
    const programs = {
      "docker-credential-one": answering("one", "s1"),
      "docker-credential-two": answering("two", "s2"),
    };
    expect((await find(machine(config, programs)))?.username).toBe(username);
  });

  test.each([
    ["no configuration", undefined],
    ["another registry's entry", { auths: { "docker.io": { auth: base64("u:t") } } }],
    ["an entry that inherits its name", { auths: {} }],
  ])("nowhere: %s", async (_, config) => {
    expect(await find(machine(config), "constructor")).toBeUndefined();
    expect(await find(machine(config))).toBeUndefined();
  });

  test("nowhere: the helper has none", async () => {
    const programs = {
      "docker-credential-x": "echo 'credentials not found in native keychain'; exit 1",
    };
    expect(await find(machine({ credsStore: "x" }, programs))).toBeUndefined();
  });
});

describe("refused", () => {
  test.each<[string, () => Machine]>([
    ["a token without a user name", () => ({ ...machine(undefined), LIFTLOCK_REGISTRY_TOKEN: "t" })],
    ["a file that is no JSON", () => machine("{")],
    ["a file of another form", () => machine({ auths: [] })],
    ["a helper that is missing", () => machine({ credsStore: "absent" })],
    ["a helper that fails", () => machine({ credsStore: "x" }, { "docker-credential-x": "exit 3" })],
    ["a helper that says nothing", () => machine({ credsStore: "x" }, { "docker-credential-x": "true" })],
    [
      "an identity token",
      () => machine({ credsStore: "x" }, { "docker-credential-x": answering("<token>", "s") }),
    ],
    ["a path for a helper's name", () => machine({ credsStore: "../../tmp/x" })],
  ])("%s", async (_, environment) => {
    await expect(find(environment())).rejects.toMatchObject({ code: "RegistryUnavailable", fault: "user" });
  });

  test("a helper that takes too long, soon", async () => {
    const environment = machine(undefined, { "docker-credential-slow": "exec sleep 20" });
    const started = performance.now();
    await expect(askHelper("slow", "ghcr.io", environment, 150)).rejects.toMatchObject({
      code: "RegistryUnavailable",
    });
    expect(performance.now() - started).toBeLessThan(15_000);
  });

  test("without repeating what the helper said", async () => {
    const environment = machine(undefined, {
      "docker-credential-leaky": "echo hunter2; echo hunter2 >&2; exit 1",
    });
    const failure: unknown = await askHelper("leaky", "ghcr.io", environment).catch(
      (thrown: unknown) => thrown,
    );
    expect(JSON.stringify([failure, String(failure)])).not.toContain("hunter2");
    expect(failure).toMatchObject({ code: "RegistryUnavailable" });
  });
});
