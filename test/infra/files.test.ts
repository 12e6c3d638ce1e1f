import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import sshpk from "sshpk";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { cloudInit } from "../../infra/cloudInit.ts";
import { parseComposeFile } from "../../infra/composeFile.ts";
import { environmentFile, templateNames, verifyEnvironment } from "../../infra/environmentFile.ts";
import { hostKey, publicKeyOf } from "../../infra/hostKeys.ts";
import { type EdgePayload, payload, switchPayload } from "../../infra/payload.ts";
import { Failure } from "../../src/release/failure.ts";
import { release } from "../releases.ts";

const app = (name: string) => readFileSync(join(import.meta.dirname, "../../app", name), "utf8");
const seed = Buffer.alloc(32, 7).toString("base64");

const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof Failure) return error.code;
    throw error;
  }
  return "nothing thrown";
};

describe("host keys", () => {
  it("are a function of seed and host name, and differ between hosts", () => {
    expect(hostKey(seed, "a")).toEqual(hostKey(seed, "a"));
    expect(hostKey(seed, "a").publicKey).not.toBe(hostKey(seed, "b").publicKey);
    expect(hostKey(seed, "a").publicKey).not.toBe(
      hostKey(Buffer.alloc(32, 8).toString("base64"), "a").publicKey,
    );
  });

  it("are pairs: the private half in OpenSSH form has the public half", () => {
    const pair = hostKey(seed, "a");
    expect(pair.privateKey).toContain("BEGIN OPENSSH PRIVATE KEY");
    const again = sshpk.parsePrivateKey(pair.privateKey, "ssh-private").toPublic().toString("ssh");
    expect(again.split(" ")[1]).toBe(pair.publicKey.split(" ")[1]);
    expect(createPublicKey(sshpk.parseKey(pair.publicKey, "ssh").toString("pem")).asymmetricKeyType).toBe(
      "ed25519",
    );
  });
});

it("cloud-init brings host key, user and hardening, and no password", () => {
  const pair = hostKey(seed, "h");
  const text = cloudInit({
    hostName: "h",
    hostKey: pair,
    user: "liftlock",
    authorizedKey: publicKeyOf(pair.privateKey, "x"),
  });
  expect(text.startsWith("#cloud-config\n")).toBe(true);
  const document = parse(text) as {
    ssh_keys: { ed25519_private: string };
    users: { lock_passwd: boolean }[];
    write_files: { content: string }[];
  };
  expect(document.ssh_keys.ed25519_private).toBe(pair.privateKey);
  expect(document.users).toHaveLength(1);
  expect(document.users[0]?.lock_passwd).toBe(true);
  expect(document.write_files[0]?.content).toContain("PasswordAuthentication no");
});

describe("the compose file", () => {
  it("of the example has its services, job and stateful service", () => {
    expect(parseComposeFile(app("compose.yaml"), "compose.yaml")).toMatchObject({
      services: ["ai-planner", "api", "docs", "scheduler", "web"],
      jobs: ["migrator"],
      stateful: ["postgres"],
    });
  });

  it.each([
    ["${A}", ["A"], []],
    ["${A:-1}", [], ["A"]],
    ["${A:?must}", ["A"], []],
    ["$${A}", [], []],
    ["${A:-1} ${A}", ["A"], []],
  ])("%s: required %j, optional %j", (value, required, optional) => {
    const text = `services:\n  a:\n    image: "${value}"\n`;
    expect(parseComposeFile(text, "c")).toMatchObject({ required, optional });
  });

  it.each(["services: [", "version: 3", "services: 3"])("%s is refused", (text) => {
    expect(codeOf(() => parseComposeFile(text, "c"))).toBe("ComposeInvalid");
  });
});

describe("variables", () => {
  const compose = parseComposeFile("services:\n  a:\n    image: ${A} ${B:-2}\n", "c");
  const check = (template: string, configured: string[]) =>
    codeOf(() =>
      verifyEnvironment({ compose, template: { text: template, place: "t" }, configured, place: "p" }),
    );

  it.each([
    ["all is there", "A=1\n", ["A"], "nothing thrown"],
    ["an optional one without a value", "A=1\nB=\n", ["A"], "nothing thrown"],
    ["missing in the template", "", [], "EnvironmentVariables"],
    ["unknown in the template", "A=\nC=\n", ["A", "C"], "EnvironmentVariables"],
    ["no value", "A=\n", [], "EnvironmentVariables"],
    ["an unknown value", "A=\n", ["A", "AA"], "EnvironmentVariables"],
    ["a value that the program sets", "A=\n", ["A", "DATABASE_HOST"], "EnvironmentVariables"],
  ])("%s", (_, template, configured, code) => {
    expect(check(template, configured)).toBe(code);
  });

  it.each(["staging", "production"])(
    "the example's template for %s fits the example's compose file",
    (name) => {
      const example = parseComposeFile(app("compose.yaml"), "compose.yaml");
      const template = app(`.env.${name}.example`);
      const configured = templateNames(template).filter((n) => n !== "DATABASE_HOST");
      expect(
        codeOf(() =>
          verifyEnvironment({
            compose: example,
            template: { text: template, place: "t" },
            configured,
            place: "p",
          }),
        ),
      ).toBe("nothing thrown");
    },
  );

  it("an env file has one line a variable, whatever the values hold", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        const lines = environmentFile({ A: a, B: b }).split("\n");
        expect(lines).toHaveLength(3);
        expect(lines[0]).toMatch(/^A=(['"])[\s\S]*\1$/);
      }),
    );
  });
});

describe("the payload", () => {
  const compose = parseComposeFile(app("compose.yaml"), "compose.yaml");
  const input = {
    app: "shop",
    release: release("1.0.0"),
    compose,
    images: release("1.0.0").images,
    environment: { SECRET: "very secret" },
    waitSeconds: 5,
    migrationSeconds: 5,
    stateful: false,
  };
  const text = (attempt: number, stateful = false) =>
    payload({ ...input, stateful, rollout: { attempt, mode: "forward" } });

  it("differs by one line from one attempt to the next, so that every attempt runs", () => {
    const [a, b] = [text(1).split("\n"), text(2).split("\n")];
    expect(a.filter((line, i) => line !== b[i])).toEqual(["attempt 1"]);
  });

  it("has words only: no value can be taken for a key", () => {
    for (const line of text(1).trimEnd().split("\n")) expect(line).toMatch(/^[a-z]+ [A-Za-z0-9+/=.-]+$/);
  });

  it("names the stateful services for the first host only", () => {
    expect(text(1, true)).toContain("stateful postgres");
    expect(text(1)).not.toContain("stateful");
  });

  describe("behind an edge", () => {
    const edge: EdgePayload = {
      routes: [{ service: "web", port: 8080, health: "/healthz" }],
      configuration: "frontend public\n",
      page: "<h1>later</h1>",
      beside: true,
      traffic: 100,
      drain: 30,
      warm: 600,
      once: ["scheduler"],
      smoke: [{ service: "web", path: "/version" }],
    };
    const rollout = { attempt: 1, mode: "forward" } as const;
    const both = (change: Partial<EdgePayload>, variables = input.environment) => {
      const given = { ...input, environment: variables, rollout, edge: { ...edge, ...change } };
      return { slot: payload(given), traffic: switchPayload(given, given.edge) };
    };
    const usual = both({});

    it("another share of the traffic starts nothing anew", () => {
      const canary = both({ traffic: 5 });
      expect(canary.slot).toBe(usual.slot);
      expect(canary.traffic).not.toBe(usual.traffic);
    });

    it("what is started anew is switched to anew", () => {
      const changed = both({}, { SECRET: "another" });
      expect(changed.slot).not.toBe(usual.slot);
      expect(changed.traffic).not.toBe(usual.traffic);
    });

    it("a service that may run once is started by the switch, where releases are beside each other", () => {
      expect(usual.slot).not.toContain("service scheduler");
      expect(usual.slot).toContain("once scheduler");
      expect(both({ beside: false }).slot).toContain("service scheduler");
    });

    it("smoke tests name the route's port in the slot", () =>
      expect(usual.slot).toContain("smoke 000/version\n"));
  });
});
