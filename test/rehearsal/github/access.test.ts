import { describe, expect, test } from "vitest";
import { shop, start } from "./asking.ts";

describe("access", () => {
  test.each([
    [undefined, shop, 404],
    [undefined, "/user", 401],
    ["Bearer wrong", shop, 401],
    ["Basic Z2hwX3g=", shop, 401],
    ["token ghp_x", shop, 200],
    ["Bearer ghp_x", shop, 200],
  ])("Authorization: %s, %s: %i", async (authorization, path, status) => {
    const { url } = await start();
    const headers = authorization === undefined ? {} : { authorization };
    expect((await fetch(`${url}/api/v3${path}`, { headers })).status).toBe(status);
  });

  test.each([
    ["/repos/example/other", 404],
    ["/repos/other/shop", 404],
    ["/repos/Example/SHOP", 200],
    ["/repositories/424242", 200],
    ["/repositories/1", 404],
    ["/repos/example/other/actions/secrets", 404],
    ["/repositories/1/environments/production/variables", 404],
  ])("%s: %i", async (path, status) => {
    const github = await start();
    expect((await github.ask("GET", path)).status).toBe(status);
    expect(github.requests.unknown()).toEqual([]);
  });

  test("what is not imitated is recorded", async () => {
    const github = await start();
    const { status, body } = await github.ask("GET", `${shop}/milestones`);
    expect([status, body.status]).toEqual([404, "404"]);
    expect(github.requests.unknown()).toMatchObject([{ path: `/api/v3${shop}/milestones` }]);
  });

  test("a fault has the API's shape", async () => {
    const github = await start();
    github.faults.add({ part: "github", match: "PUT .*/secrets/", action: { kind: "status", status: 502 } });
    const { status, body } = await github.ask("PUT", `${shop}/actions/secrets/A`, {});
    expect([status, Object.keys(body)]).toEqual([502, ["message", "documentation_url", "status"]]);
  });
});

describe("accounts", () => {
  test("an owner that is a user is no organisation", async () => {
    const github = await start();
    expect((await github.ask("GET", "/orgs/example")).status).toBe(404);
    expect((await github.ask("GET", "/users/example")).body).toMatchObject({
      login: "example",
      type: "User",
    });
    expect((await github.ask("GET", shop)).body).toMatchObject({
      full_name: "example/shop",
      private: true,
      owner: { login: "example", type: "User" },
    });
  });

  test("an owner that is an organisation", async () => {
    const github = await start({ ownerType: "Organization" });
    expect((await github.ask("GET", "/orgs/example")).body).toMatchObject({
      login: "example",
      type: "Organization",
    });
    const body = { reviewers: [{ type: "Team", id: 7 }] };
    expect((await github.ask("PUT", `${shop}/environments/e`, body)).status).toBe(200);
  });

  test("users that exist are those that were said to", async () => {
    const github = await start({ users: { alice: 7 } });
    expect((await github.ask("GET", "/users/Alice")).body).toMatchObject({ login: "alice", id: 7 });
    expect((await github.ask("GET", "/users/octocat")).status).toBe(404);
  });
});
