import { describe, expect, test } from "vitest";
import { rulesFor } from "../../../rehearsal/github/rulesets.ts";
import { shop, start } from "./asking.ts";

const rulesets = `${shop}/rulesets`;
const pullRequest = {
  type: "pull_request",
  parameters: {
    dismiss_stale_reviews_on_push: true,
    require_code_owner_review: false,
    require_last_push_approval: true,
    required_approving_review_count: 1,
    required_review_thread_resolution: true,
  },
};
const ruleset = (more: object = {}) => ({
  name: "main",
  target: "branch",
  enforcement: "active",
  conditions: { ref_name: { include: ["~DEFAULT_BRANCH"], exclude: [] } },
  rules: [{ type: "deletion" }, pullRequest],
  ...more,
});

describe("rulesets", () => {
  test("are made, read, replaced and deleted", async () => {
    const github = await start();
    const made = await github.ask("POST", rulesets, ruleset());
    expect(made).toMatchObject({ status: 201, body: { source_type: "Repository", enforcement: "active" } });
    const one = `${rulesets}/${made.body.id}`;
    const changed = await github.ask("PUT", one, ruleset({ enforcement: "disabled", rules: [] }));
    expect(changed.body).toMatchObject({ enforcement: "disabled", rules: [] });
    expect((await github.ask("GET", rulesets)).body).toHaveLength(1);
    expect((await github.ask("DELETE", one)).status).toBe(204);
    expect((await github.ask("GET", one)).status).toBe(404);
  });

  test.each([
    [{ enforcement: "sometimes" }],
    [{ rules: [{ type: "of_my_own" }] }],
    [{ rules: [{ type: "pull_request", parameters: {} }] }],
    [{ bypass_actors: [{ actor_type: "Somebody" }] }],
  ])("with %j are refused", async (more) => {
    const github = await start();
    expect((await github.ask("POST", rulesets, ruleset(more))).status).toBe(422);
  });

  test("have names of their own", async () => {
    const github = await start();
    await github.ask("POST", rulesets, ruleset());
    expect((await github.ask("POST", rulesets, ruleset())).status).toBe(422);
  });

  test.each([
    ["~DEFAULT_BRANCH", [], "main", true],
    ["~DEFAULT_BRANCH", [], "feature", false],
    ["~ALL", [], "feature", true],
    ["~ALL", ["refs/heads/feature"], "feature", false],
    ["refs/heads/release/*", [], "release/1", true],
    ["refs/heads/release/*", [], "release/1/x", false],
    ["refs/heads/release/**", [], "release/1/x", true],
    ["refs/heads/a.c", [], "abc", false],
  ])("for %s without %j mean %s: %s", async (include, exclude, branch, meant) => {
    const github = await start();
    const conditions = { ref_name: { include: [include], exclude } };
    await github.ask("POST", rulesets, ruleset({ conditions }));
    const types = rulesFor(github.state, branch).map(({ type }) => type);
    expect(types).toEqual(meant ? ["deletion", "pull_request"] : []);
    const { body } = await github.ask("GET", `${shop}/rules/branches/${branch}`);
    expect(body).toHaveLength(types.length);
  });
});

const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPePdO4BE6Xg8R+dmmwtnFeoh8vWKf80lTHiDTvZsklv";

describe("deploy keys", () => {
  test("are kept without their comment, once, and deleted", async () => {
    const github = await start();
    const given = { title: "deployer", key: `${key} deployer@example.com`, read_only: true };
    const made = await github.ask("POST", `${shop}/keys`, given);
    expect(made).toMatchObject({ status: 201, body: { key, read_only: true } });
    expect((await github.ask("POST", `${shop}/keys`, given)).status).toBe(422);
    expect((await github.ask("GET", `${shop}/keys/${made.body.id}`)).status).toBe(200);
    expect((await github.ask("DELETE", `${shop}/keys/${made.body.id}`)).status).toBe(204);
    expect((await github.ask("GET", `${shop}/keys`)).body).toEqual([]);
  });

  test("that are none are refused", async () => {
    const github = await start();
    const given = { title: "x", key: "-----BEGIN OPENSSH PRIVATE KEY-----" };
    expect((await github.ask("POST", `${shop}/keys`, given)).status).toBe(422);
  });
});

describe("webhooks", () => {
  const config = {
    url: "https://hooks.example.com/x",
    content_type: "json",
    secret: "hush-hush",
    insecure_ssl: "0",
  };

  test("never tell their secret", async () => {
    const github = await start();
    const made = await github.ask("POST", `${shop}/hooks`, { name: "web", events: ["push"], config });
    expect(made).toMatchObject({ status: 201, body: { config: { secret: "********" } } });
    const one = `${shop}/hooks/${made.body.id}`;
    const seen = await github.ask("GET", one);
    expect(JSON.stringify(seen.body)).not.toContain("hush-hush");
    expect(github.state.hooks.get(made.body.id)?.config.secret).toBe("hush-hush");
    const { secret: _, ...without } = config;
    const changed = await github.ask("PATCH", one, { active: false, config: without });
    expect(changed.body).toMatchObject({ active: false });
    expect(changed.body.config).not.toHaveProperty("secret");
    expect((await github.ask("DELETE", one)).status).toBe(204);
  });

  test("exist once for the same address and events", async () => {
    const github = await start();
    const hook = { events: ["push"], config };
    await github.ask("POST", `${shop}/hooks`, hook);
    expect((await github.ask("POST", `${shop}/hooks`, hook)).status).toBe(422);
    expect((await github.ask("POST", `${shop}/hooks`, { ...hook, events: ["release"] })).status).toBe(201);
  });
});
