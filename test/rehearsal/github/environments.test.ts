import { describe, expect, test } from "vitest";
import { production, shop, start, withProduction } from "./asking.ts";

const custom = { deployment_branch_policy: { protected_branches: false, custom_branch_policies: true } };

describe("environments", () => {
  test("keep their protection, and show it as rules", async () => {
    const github = await start();
    const given = {
      wait_timer: 30,
      reviewers: [{ type: "User", id: 583_231 }],
      prevent_self_review: true,
      can_admins_bypass: false,
      ...custom,
    };
    const put = await github.ask("PUT", production, given);
    expect(put.status).toBe(200);
    expect(put.body).toMatchObject({
      name: "production",
      can_admins_bypass: false,
      ...custom,
      protection_rules: [
        { type: "wait_timer", wait_timer: 30 },
        {
          type: "required_reviewers",
          prevent_self_review: true,
          reviewers: [{ type: "User", reviewer: { id: 583_231, login: "octocat" } }],
        },
        { type: "branch_policy" },
      ],
    });
    expect((await github.ask("GET", production)).body).toEqual(put.body);
    const all = await github.ask("GET", `${shop}/environments`);
    expect(all.body).toEqual({ total_count: 1, environments: [put.body] });
  });

  test("are as new where nothing is given, and keep number and secrets", async () => {
    const github = await withProduction({ wait_timer: 30, can_admins_bypass: false });
    await github.putSecret(`${production}/secrets`, "A", "1");
    const before = (await github.ask("GET", production)).body;
    const after = (await github.ask("PUT", production)).body;
    expect(after).toMatchObject({
      id: before.id,
      protection_rules: [],
      can_admins_bypass: true,
      deployment_branch_policy: null,
    });
    expect(github.secret("production", "A")).toBe("1");
  });

  test.each([
    [{ wait_timer: 43_201 }],
    [{ wait_timer: -1 }],
    [{ reviewers: [{ type: "User", id: 7 }] }],
    [{ reviewers: [{ type: "Team", id: 7 }] }],
    [{ reviewers: Array.from({ length: 7 }, () => ({ type: "User", id: 1 })) }],
    [{ deployment_branch_policy: { protected_branches: true, custom_branch_policies: true } }],
    [{ deployment_branch_policy: { protected_branches: false, custom_branch_policies: false } }],
  ])("with %j are refused", async (body) => {
    const github = await start();
    expect((await github.ask("PUT", production, body)).status).toBe(422);
    expect((await github.ask("GET", production)).status).toBe(404);
  });

  test("are deleted with what is in them", async () => {
    const github = await withProduction();
    await github.putSecret(`${production}/secrets`, "A", "1");
    expect((await github.ask("DELETE", production)).status).toBe(204);
    expect((await github.ask("GET", `${production}/secrets/A`)).status).toBe(404);
    await github.ask("PUT", production);
    expect(github.secret("production", "A")).toBeUndefined();
  });

  test("may have names that need encoding", async () => {
    const github = await start();
    const path = `${shop}/environments/${encodeURIComponent("eu/production 1")}`;
    expect((await github.ask("PUT", path)).body.name).toBe("eu/production 1");
    expect((await github.ask("GET", path)).status).toBe(200);
  });
});

describe("branch policies", () => {
  const path = `${production}/deployment-branch-policies`;

  test("are created, read, changed and deleted", async () => {
    const github = await withProduction(custom);
    const made = await github.ask("POST", path, { name: "main", type: "branch" });
    expect(made).toMatchObject({ status: 200, body: { name: "main", type: "branch" } });
    const one = `${path}/${made.body.id}`;
    expect((await github.ask("GET", one)).body).toEqual(made.body);
    expect((await github.ask("PUT", one, { name: "release/*" })).body).toMatchObject({ name: "release/*" });
    const all = await github.ask("GET", path);
    expect(all.body).toMatchObject({
      total_count: 1,
      branch_policies: [{ id: made.body.id, name: "release/*" }],
    });
    expect((await github.ask("DELETE", one)).status).toBe(204);
    expect((await github.ask("GET", one)).status).toBe(404);
  });

  test("exist once: the second is shown the way to the first", async () => {
    const github = await withProduction(custom);
    const { body } = await github.ask("POST", path, { name: "main" });
    const again = await github.ask("POST", path, { name: "main" });
    expect(again.status).toBe(303);
    expect(again.headers.get("location")).toContain(`/deployment-branch-policies/${body.id}`);
    expect((await github.ask("POST", path, { name: "main", type: "tag" })).status).toBe(200);
  });

  test("exist only where the environment asks for them", async () => {
    const github = await withProduction();
    expect((await github.ask("POST", path, { name: "main" })).status).toBe(404);
    await github.ask("PUT", production, custom);
    await github.ask("POST", path, { name: "main" });
    await github.ask("PUT", production);
    await github.ask("PUT", production, custom);
    expect((await github.ask("GET", path)).body.total_count).toBe(0);
  });
});

describe("deployments", () => {
  const path = `${shop}/deployments`;

  test("make their environment, and collect statuses, newest first", async () => {
    const github = await start();
    const made = await github.ask("POST", path, {
      ref: "main",
      environment: "staging",
      description: "1.4.0",
    });
    expect(made).toMatchObject({
      status: 201,
      body: { ref: "main", environment: "staging", task: "deploy" },
    });
    expect(made.body.sha).toMatch(/^[0-9a-f]{40}$/);
    expect((await github.ask("GET", `${shop}/environments/staging`)).status).toBe(200);
    const statuses = `${path}/${made.body.id}/statuses`;
    await github.ask("POST", statuses, { state: "in_progress" });
    const done = await github.ask("POST", statuses, {
      state: "success",
      environment_url: "https://example.com",
    });
    expect(done).toMatchObject({
      status: 201,
      body: { state: "success", environment_url: "https://example.com" },
    });
    const all = (await github.ask("GET", statuses)).body as { state: string }[];
    expect(all.map(({ state }) => state)).toEqual(["success", "in_progress"]);
    expect((await github.ask("POST", statuses, { state: "great" })).status).toBe(422);
  });

  test("a success makes the one before inactive, in its environment only, and never in production", async () => {
    const github = await start();
    const deploy = async (environment: string, more: object = {}): Promise<number> => {
      const { body } = await github.ask("POST", path, { ref: "main", environment });
      await github.ask("POST", `${path}/${body.id}/statuses`, { state: "success", ...more });
      return body.id;
    };
    const state = async (id: number) => (await github.ask("GET", `${path}/${id}/statuses`)).body[0].state;
    const ids = [
      await deploy("uat"),
      await deploy("staging"),
      await deploy("staging"),
      await deploy("production"),
      await deploy("production"),
    ];
    const states: string[] = [];
    for (const id of ids) states.push(await state(id));
    expect(states).toEqual(["success", "inactive", "success", "success", "success"]);
    await deploy("staging", { auto_inactive: false });
    expect(await state(ids[2] ?? 0)).toBe("success");
  });

  test("are listed by what they are of, and deleted when they are not active", async () => {
    const github = await start();
    const commit = "a".repeat(40);
    const one = await github.ask("POST", path, { ref: commit, environment: "staging" });
    const two = await github.ask("POST", path, { ref: "main", environment: "production" });
    const list = async (query: string) => {
      const { body } = await github.ask("GET", `${path}${query}`);
      return (body as { id: number }[]).map(({ id }) => id);
    };
    expect(await list("")).toEqual([two.body.id, one.body.id]);
    expect(await list(`?sha=${commit}`)).toEqual([one.body.id]);
    expect(await list("?environment=production&ref=none")).toEqual([two.body.id]);
    await github.ask("POST", `${path}/${two.body.id}/statuses`, { state: "success" });
    expect((await github.ask("DELETE", `${path}/${two.body.id}`)).status).toBe(422);
    expect((await github.ask("DELETE", `${path}/${one.body.id}`)).status).toBe(204);
    expect(await list("")).toEqual([two.body.id]);
  });
});
