import { assert, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { RepositoryAccess, type RepositoryAccessArgs } from "../../infra/repository.ts";
import { Faults } from "../../rehearsal/faults/faults.ts";
import { type GitHub, startGitHub } from "../../rehearsal/github/server.ts";
import { type Workbench, workbench } from "../rehearsal/engine/workbench.ts";

const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPePdO4BE6Xg8R+dmmwtnFeoh8vWKf80lTHiDTvZsklv";
const token = "ghp_of_the_setup";

const named = (prefix: string, count: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`${prefix}_${i}`, `value-of-${prefix}-${i}`.toLowerCase()]),
  );

const access = {
  reviewers: [],
  teams: [],
  selfReview: false,
  administratorsBypass: true,
  wait: 0,
  branches: ["main"],
  tags: [],
  variables: {},
  secrets: {},
};

/** Two environments, twenty secrets, variables, protection, a key and a hook. */
const whole = (): RepositoryAccessArgs => ({
  ...access,
  owner: "example",
  repository: "shop",
  environment: "production",
  reviewers: [583_231],
  wait: 10,
  tags: ["v*"],
  administratorsBypass: false,
  variables: named("PRODUCTION_VARIABLE", 3),
  secrets: named("PRODUCTION_SECRET", 9),
  environments: {
    staging: { ...access, variables: named("STAGING_VARIABLE", 2), secrets: named("STAGING_SECRET", 9) },
  },
  shared: {
    variables: named("SHARED_VARIABLE", 1),
    secrets: named("SHARED_SECRET", 2),
    protection: {
      checks: ["test", "preview"],
      upToDate: true,
      approvals: 1,
      codeOwners: false,
      linearHistory: true,
      signed: false,
      bypass: [{ type: "DeployKey", mode: "always" }],
    },
    keys: { deployer: { key: `${publicKey} deployer@example.com`, write: true } },
    hooks: {
      control: {
        url: "https://hooks.example.com/liftlock",
        events: ["workflow_run", "deployment_status"],
        secret: "what-signs-the-hook",
        active: true,
      },
    },
  },
});

let github: GitHub;
let bench: Workbench;

beforeEach(async () => {
  const faults = new Faults();
  github = await startGitHub({ token, owner: "example", repository: "shop", faults });
  const api = { GITHUB_BASE_URL: `${github.url}/`, GITHUB_TOKEN: token, GITHUB_OWNER: "example" };
  // The provider's class fills in its defaults in the program's own process.
  vi.stubEnv("GITHUB_BASE_URL", api.GITHUB_BASE_URL);
  bench = await workbench({ ...api, LIFTLOCK_REHEARSAL_PROVIDERS: "", LIFTLOCK_REHEARSAL_PACE: "0" });
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await bench[Symbol.asyncDispose]();
    await github.close();
  });
});

const writes = () => github.requests.count(/^(POST|PUT|PATCH|DELETE) /);

/** A resource of the stack's state. */
async function resourceOf(name: string): Promise<{ urn: string; inputs?: object }> {
  const { resources = [] } = (await bench.stack.exportStack()).deployment as {
    resources?: { urn: string; inputs?: object }[];
  };
  return resources.find(({ urn }) => urn.endsWith(`::${name}`)) ?? assert.fail(`there is no ${name}`);
}

async function up(args: RepositoryAccessArgs): Promise<number> {
  const before = writes();
  bench.run(async () => void new RepositoryAccess("repository", args));
  await bench.stack.up();
  return writes() - before;
}

describe("a new repository", () => {
  test("is set up by one update, in as many writes as there are things, and a second writes nothing", async () => {
    // 2 environments, 3 policies, 6 variables, 20 secrets, a ruleset, a key, a hook.
    expect(await up(whole())).toBe(34);
    expect(await up(whole())).toBe(0);
    expect(github.requests.unknown()).toEqual([]);
    const refreshed = await bench.stack.previewRefresh();
    expect(Object.keys(refreshed.changeSummary)).toEqual(["same"]);
  });

  test("keeps each environment's secrets from the other's jobs", async () => {
    await up(whole());
    const { environments, vault } = github.state;
    const names = (environment: string) => [...(environments.get(environment)?.vault.secrets.keys() ?? [])];
    expect(names("staging")).toHaveLength(9);
    expect(names("production")).toHaveLength(9);
    expect(names("staging").filter((name) => !name.startsWith("STAGING_"))).toEqual([]);
    expect(names("production").filter((name) => !name.startsWith("PRODUCTION_"))).toEqual([]);
    expect([...vault.secrets.keys()].toSorted()).toEqual(["SHARED_SECRET_0", "SHARED_SECRET_1"]);
    expect(github.secret("staging", "STAGING_SECRET_4")).toBe("value-of-staging_secret-4");
  });

  test("is protected: people, time, branches and tags", async () => {
    await up(whole());
    const production = github.state.environments.get("production");
    expect(production).toMatchObject({
      waitTimer: 10,
      preventSelfReview: true,
      canAdminsBypass: false,
      reviewers: [{ type: "User", id: 583_231 }],
    });
    const policies = [...(production?.policies.values() ?? [])].map(({ type, name }) => `${type} ${name}`);
    expect(policies.toSorted()).toEqual(["branch main", "tag v*"]);
    const [ruleset] = github.state.rulesets.values();
    expect(ruleset).toMatchObject({
      enforcement: "active",
      conditions: { ref_name: { include: ["~DEFAULT_BRANCH"] } },
      bypass_actors: [{ actor_type: "DeployKey", bypass_mode: "always" }],
    });
    expect(ruleset?.rules.map(({ type }) => type).toSorted()).toEqual([
      "deletion",
      "non_fast_forward",
      "pull_request",
      "required_linear_history",
      "required_status_checks",
    ]);
    expect([...github.state.keys.values()]).toMatchObject([{ key: publicKey, read_only: false }]);
    expect([...github.state.hooks.values()]).toMatchObject([
      { config: { secret: "what-signs-the-hook", content_type: "json", insecure_ssl: "0" } },
    ]);
  });

  test("takes changes of what it has, each thing in one write, two for a key", async () => {
    await up(whole());
    const args = whole();
    const { shared } = args;
    const deployer = { key: publicKey, write: false };
    const protection = shared?.protection && { ...shared.protection, checks: ["test"] };
    const changed = {
      ...args,
      wait: 20,
      secrets: { ...args.secrets, PRODUCTION_SECRET_0: "another value" },
      ...(shared && { shared: { ...shared, keys: { deployer }, protection } }),
    };
    expect(await up(changed)).toBe(5);
    expect(github.secret("production", "PRODUCTION_SECRET_0")).toBe("another value");
    expect([...github.state.keys.values()]).toMatchObject([{ read_only: true }]);
    expect(github.state.environments.get("production")?.waitTimer).toBe(20);
    expect(await up(changed)).toBe(0);
  });

  test("no secret is in the stack's files in the clear, nor the token of the environment in any form", async () => {
    vi.stubEnv("GITHUB_TOKEN", token);
    await up(whole());
    // A job's token is another one in every run: kept, it would be a change of the provider each time.
    expect(await resourceOf("repository-github")).not.toHaveProperty("inputs.token");
    const kept = bench.everything();
    for (const secret of [
      "value-of-staging_secret-0",
      "value-of-production_secret-0",
      "value-of-shared_secret-0",
    ])
      expect(kept).not.toContain(secret);
    expect(kept).not.toContain("what-signs-the-hook");
    expect(kept).not.toContain(token);
    // What is no secret shows that the files were looked at.
    expect(kept).toContain("value-of-production_variable-0");
  });
});

describe("what was changed outside", () => {
  test("is found by a refresh, and put back by an update", async () => {
    await up(whole());
    const [ruleset] = github.state.rulesets.values();
    if (ruleset) ruleset.rules = ruleset.rules.filter(({ type }) => type !== "pull_request");
    github.state.environments.get("production")?.reviewers.splice(0);
    const [hook] = github.state.hooks.values();
    if (hook) hook.active = false;
    github.state.keys.clear();
    const found = await bench.stack.refresh();
    expect(found.summary.resourceChanges).toMatchObject({ update: 3, delete: 1 });
    expect(await up(whole())).toBe(4);
    expect([...github.state.rulesets.values()][0]?.rules.map(({ type }) => type)).toContain("pull_request");
    expect([...github.state.hooks.values()][0]).toMatchObject({ active: true });
    expect(github.state.keys.size).toBe(1);
    expect(github.state.environments.get("production")?.reviewers).toHaveLength(1);
    expect(await up(whole())).toBe(0);
  });

  test("a secret made anew is there afterwards, with the stack's value", async () => {
    await up(whole());
    const { urn } = await resourceOf("production-PRODUCTION_SECRET_3");
    const vault = github.state.environments.get("production")?.vault;
    const before = vault?.secrets.get("PRODUCTION_SECRET_3");
    if (before) before.value = "of somebody else";
    await bench.stack.up({ replace: [urn] });
    expect(github.secret("production", "PRODUCTION_SECRET_3")).toBe("value-of-production_secret-3");
  });
});

test("the token of the stack's configuration is the one that is used, before the environment's", async () => {
  vi.stubEnv("GITHUB_TOKEN", "ghp_of_nobody");
  await bench.stack.setConfig("github:token", { value: token, secret: true });
  bench.env["GITHUB_TOKEN"] = "ghp_of_nobody";
  expect(await up(whole())).toBe(34);
});
