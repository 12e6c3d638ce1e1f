import { describe, expect, test } from "vitest";
import { dockerConfig } from "../../infra/payload.ts";
import { outputsSchema } from "../../src/automation/outputs.ts";
import { parseConfig } from "../../stacks/config.ts";
import { hostRegistry } from "../../stacks/hostRegistry.ts";

const writing = { username: "robot", token: "write-token" };
const reading = { username: "reader", token: "read-token" };

const configured = (registry: object) => ({
  "liftlock:app": "shop",
  "liftlock:fleet": { region: "fra1", operators: ["203.0.113.0/24"] },
  "liftlock:ssh": { privateKey: "key", hostKeySeed: "seed" },
  "liftlock:registry": registry,
});

const registryOf = (registry: object) => {
  const { registry: parsed } = parseConfig(configured(registry), "Pulumi.production.yaml", "program");
  return parsed ?? expect.unreachable("there is a registry");
};

describe("hosts log in", () => {
  test("with the account for pulling, and nothing of the other one reaches them", () => {
    const login = hostRegistry(registryOf({ ...writing, pull: reading }));
    expect(login).toEqual({ server: "ghcr.io", ...reading });
    const text = dockerConfig(login);
    expect(JSON.parse(text)).toEqual({
      auths: { "ghcr.io": { auth: Buffer.from("reader:read-token").toString("base64") } },
    });
    expect(text).not.toContain(Buffer.from("robot:write-token").toString("base64"));
  });

  test("with the registry's own account where there is no other", () => {
    expect(hostRegistry(registryOf(writing))).toEqual({ server: "ghcr.io", ...writing });
  });

  test("the same by what the stack exports", () => {
    const exported = {
      app: "shop",
      address: "192.0.2.1",
      hosts: [],
      endpoints: [],
      deployed: null,
      jobs: [],
      access: {
        privateKey: "key",
        registry: registryOf({ ...writing, pull: reading }),
        notify: {},
      },
    };
    const { registry } = outputsSchema.parse(JSON.parse(JSON.stringify(exported))).access;
    expect(registry && hostRegistry(registry)).toEqual({ server: "ghcr.io", ...reading });
    // The driver itself goes on with the one that can write.
    expect(registry).toMatchObject(writing);
  });
});

describe("the account for pulling", () => {
  test.each<[string, object, string]>([
    ["without a user", { token: "t" }, "liftlock:registry.pull.username"],
    ["without a token", { username: "reader" }, "liftlock:registry.pull.token"],
    ["with another key", { ...reading, server: "ghcr.io" }, "liftlock:registry.pull.server"],
  ])("%s is refused", (_, pull, path) => {
    expect(() => registryOf({ ...writing, pull })).toThrow(
      expect.objectContaining({ code: "ConfigInvalid", message: expect.stringContaining(path) }),
    );
  });

  test("has its token as a secret in the file", () => {
    const secure = { secure: "v1:abc:def" };
    const inFile = (token: unknown) =>
      parseConfig(
        {
          ...configured({ username: "robot", token: secure, pull: { username: "reader", token } }),
          "liftlock:ssh": { privateKey: secure, hostKeySeed: secure },
        },
        "Pulumi.production.yaml",
        "file",
      );
    expect(inFile(secure).registry?.pull).toEqual({ username: "reader", token: secure });
    expect(() => inFile("in the clear")).toThrow(expect.objectContaining({ code: "ConfigInvalid" }));
  });
});
