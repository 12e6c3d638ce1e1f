import { describe, expect, it } from "vitest";
import { Failure } from "../../src/release/failure.ts";
import { parseConfig } from "../../stacks/config.ts";
import { digest, release } from "../releases.ts";

const secure = { secure: "v1:abc:def" };
const good = (): Record<string, unknown> => ({
  "liftlock:app": "shop",
  "liftlock:fleet": { size: 2, region: "fra1", operators: ["203.0.113.0/24"] },
  "liftlock:ssh": { privateKey: secure, hostKeySeed: secure },
  "liftlock:registry": { username: "robot", token: secure },
  "liftlock:environment": { variables: { APP_ENV: "production" }, secrets: { SESSION_SECRET: secure } },
  "liftlock:dns": { domain: "example.com", names: ["@", "www"] },
  "liftlock:alerts": { emails: ["operators@example.com"] },
  "liftlock:repository": { owner: "example", name: "shop", secrets: { DEPLOY_KEY: secure } },
  "liftlock:release": release("1.6.0"),
  "liftlock:rollout": { attempt: 3 },
});

/** The configuration with one value set, or removed when undefined, at a path such as `liftlock:fleet.region`. */
function changed(path: string, value: unknown): Record<string, unknown> {
  const config = structuredClone(good());
  const [key = "", ...rest] = path.split(".");
  if (rest.length === 0) {
    if (value === undefined) delete config[key];
    else config[key] = value;
    return config;
  }
  let at = (config[key] ??= {}) as Record<string, unknown>;
  for (const name of rest.slice(0, -1)) at = (at[name] ??= {}) as Record<string, unknown>;
  const last = rest.at(-1) ?? "";
  if (value === undefined) delete at[last];
  else at[last] = value;
  return config;
}

function problem(config: Record<string, unknown>): Failure {
  try {
    parseConfig(config, "Pulumi.production.yaml", "file");
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  return expect.unreachable("expected the configuration to be refused");
}

it("a complete configuration is taken, defaults filled in", () => {
  expect(parseConfig(good(), "x", "file")).toMatchObject({
    app: "shop",
    fleet: { size: 2, image: "debian-13-x64", ports: [80, 443] },
    ssh: { user: "liftlock", port: 22 },
    registry: { server: "ghcr.io" },
    health: { port: 80, timeout: 120 },
    rollout: { attempt: 3, mode: "forward" },
  });
});

describe("every field, missing or wrong, is named with its place", () => {
  it.each<[string, unknown]>([
    ["liftlock:app", undefined],
    ["liftlock:app", "Shop!"],
    ["liftlock:fleet", undefined],
    ["liftlock:fleet.size", 0],
    ["liftlock:fleet.size", "two"],
    ["liftlock:fleet.size", 101],
    ["liftlock:fleet.dropletSize", "Big Machine"],
    ["liftlock:fleet.image", ""],
    ["liftlock:fleet.region", undefined],
    ["liftlock:fleet.region", 7],
    ["liftlock:fleet.operators", undefined],
    ["liftlock:fleet.operators", []],
    ["liftlock:fleet.operators", ["everybody"]],
    ["liftlock:fleet.ports", [0]],
    ["liftlock:fleet.ports", [70000]],
    ["liftlock:fleet.tags", ["No Spaces"]],
    ["liftlock:fleet.reservedAddress", "yes"],
    ["liftlock:ssh", undefined],
    ["liftlock:ssh.user", "root user"],
    ["liftlock:ssh.port", 0],
    ["liftlock:ssh.privateKey", undefined],
    ["liftlock:ssh.privateKey", "-----BEGIN PRIVATE KEY-----"],
    ["liftlock:ssh.hostKeySeed", undefined],
    ["liftlock:ssh.hostKeySeed", "in the clear"],
    ["liftlock:registry.server", ""],
    ["liftlock:registry.username", undefined],
    ["liftlock:registry.token", "in the clear"],
    ["liftlock:environment.variables", { "not-a-name": "x" }],
    ["liftlock:environment.secrets", { SESSION_SECRET: "in the clear" }],
    ["liftlock:dns.domain", "no domain"],
    ["liftlock:dns.names", []],
    ["liftlock:dns.names", ["-/-"]],
    ["liftlock:dns.createDomain", 1],
    ["liftlock:health.scheme", "ftp"],
    ["liftlock:health.port", 22222222],
    ["liftlock:health.paths", ["healthz"]],
    ["liftlock:health.timeout", 0],
    ["liftlock:health.window", -1],
    ["liftlock:migration.timeout", 0],
    ["liftlock:alerts.emails", []],
    ["liftlock:alerts.emails", ["nobody"]],
    ["liftlock:repository.owner", undefined],
    ["liftlock:repository.name", ""],
    ["liftlock:repository.reviewers", ["alice"]],
    ["liftlock:repository.branches", [""]],
    ["liftlock:repository.variables", { "a b": "x" }],
    ["liftlock:repository.secrets", { DEPLOY_KEY: "in the clear" }],
    ["liftlock:repository.secrets", { GITHUB_KEY: secure }],
    ["liftlock:repository.wait", 43_201],
    ["liftlock:repository.teams", ["operators"]],
    ["liftlock:repository.environments", { preview: { reviewer: [1] } }],
    ["liftlock:repository.shared", { protection: { approvals: 11 } }],
    ["liftlock:repository.shared", { protection: { bypass: [{ type: "Somebody" }] } }],
    ["liftlock:repository.shared", { keys: { deployer: { key: "-----BEGIN OPENSSH PRIVATE KEY-----" } } }],
    [
      "liftlock:repository.shared",
      { hooks: { h: { url: "http://example.com", events: ["push"], secret: secure } } },
    ],
    [
      "liftlock:repository.shared",
      { hooks: { h: { url: "https://example.com", events: [], secret: secure } } },
    ],
    [
      "liftlock:repository.shared",
      { hooks: { h: { url: "https://example.com", events: ["push"], secret: "clear" } } },
    ],
    ["liftlock:release.version", "latest"],
    ["liftlock:release.commit", "HEAD"],
    ["liftlock:release.createdAt", "yesterday"],
    ["liftlock:release.images", {}],
    ["liftlock:release.images", { Api: `ghcr.io/a/b@${digest("x")}` }],
    ["liftlock:candidate", { version: "1.0.0" }],
    ["liftlock:rollout.attempt", -1],
    ["liftlock:rollout.attempt", 1.5],
    ["liftlock:rollout.mode", "sideways"],
  ])("%s = %j", (path, value) => {
    const failure = problem(changed(path, value));
    expect(failure.code).toBe("ConfigInvalid");
    expect(failure.fault).toBe("user");
    expect(failure.message).toContain(path);
    expect(failure.hint).toBeTruthy();
  });
});

describe("an image must be pinned by digest", () => {
  it.each([
    ["a tag", "ghcr.io/example/shop/api:latest", 'the tag "latest"'],
    ["a tag beside a digest", `ghcr.io/example/shop/api:1.0@${digest("x")}`, "beside a digest"],
    ["nothing", "ghcr.io/example/shop/api", "without one"],
    ["a short digest", "ghcr.io/example/shop/api@sha256:abc", "malformed digest"],
    ["another algorithm", `ghcr.io/example/shop/api@sha512:${"a".repeat(128)}`, "malformed digest"],
    [
      "upper case digits",
      `ghcr.io/example/shop/api@${digest("x").toUpperCase().replace("SHA", "sha")}`,
      "malformed digest",
    ],
    ["no registry", `api@${digest("x")}`, "registry host"],
    ["a bad repository", `ghcr.io/Example/API@${digest("x")}`, "lower case"],
  ])("%s is refused", (_, reference, said) => {
    const failure = problem(changed("liftlock:release.images.api", reference));
    expect(failure.message).toContain("liftlock:release.images.api");
    expect(failure.message).toContain(said);
  });
});

describe("unknown keys", () => {
  it.each([
    ["liftlock:flet", { size: 1 }, 'did you mean "fleet"?'],
    ["liftlock:fleet.sizes", 3, 'did you mean "size"?'],
    ["liftlock:release.image", {}, 'did you mean "images"?'],
    ["liftlok:app", "shop", 'did you mean "liftlock:app"?'],
    ["liftlock:zzzzzzzzzzzz", 1, "unknown key"],
  ])("%s is refused", (path, value, said) => {
    expect(problem(changed(path, value)).message).toContain(said);
  });

  it("the engine's and the providers' own are left alone", () => {
    expect(() =>
      parseConfig(
        { ...good(), "digitalocean:token": secure, "pulumi:disable-default-providers": [] },
        "x",
        "file",
      ),
    ).not.toThrow();
  });
});

it("all problems come at once", () => {
  const config = changed("liftlock:release.images.api", "api:latest");
  delete config["liftlock:app"];
  config["liftlock:flet"] = {};
  const { message } = problem(config);
  expect(message).toMatch(/3 problems/);
  for (const path of ["liftlock:release.images.api", "liftlock:app", "liftlock:flet"])
    expect(message).toContain(path);
});

it("rules over several fields: a variable twice, a health port that is closed", () => {
  const config = changed("liftlock:health.port", 8080);
  config["liftlock:environment"] = { variables: { A: "1" }, secrets: { A: secure } };
  expect(problem(config).message).toMatch(
    /environment\.secrets\.A[\s\S]*health\.port|health\.port[\s\S]*environment\.secrets\.A/,
  );
});

describe("what one GitHub environment may know must not be undone elsewhere", () => {
  const repository = { owner: "example", name: "shop", secrets: { DEPLOY_KEY: secure } };
  it.each([
    [
      "a secret of it is every job's too",
      { shared: { secrets: { DEPLOY_KEY: secure } } },
      "shared.secrets.DEPLOY_KEY",
    ],
    [
      "so is one of another environment's",
      { environments: { preview: { secrets: { TOKEN: secure } } }, shared: { secrets: { TOKEN: secure } } },
      "shared.secrets.TOKEN",
    ],
    ["it is declared twice", { environments: { production: {} } }, "environments.production"],
    ["seven people may approve", { reviewers: [1, 2, 3, 4], teams: [5, 6, 7] }, "repository.reviewers"],
  ])("%s", (_, more, path) => {
    expect(problem(changed("liftlock:repository", { ...repository, ...more })).message).toContain(path);
  });

  it("what is apart is taken", () => {
    const apart = { ...repository, environments: { preview: {} }, shared: { secrets: { OTHER: secure } } };
    const config = changed("liftlock:repository", apart);
    expect(() => parseConfig(config, "Pulumi.production.yaml", "file")).not.toThrow();
  });
});
