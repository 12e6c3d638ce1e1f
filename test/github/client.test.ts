import { describe, expect, test } from "vitest";
import { z } from "zod";
import { gitHubFrom, openGitHub, requireGitHub } from "../../src/github/client.ts";
import { repository, scene } from "./scene.ts";

const at = "GET /repos/{owner}/{repo}/environments/{name}";
const named = z.object({ name: z.string() });

describe("what is asked for", () => {
  test("comes in its shape", async () => {
    const { github, state } = await scene();
    state.environment("staging");
    expect(await github.read(named, at, { ...repository, name: "staging" })).toEqual({ name: "staging" });
  });

  test("is not found: nothing to `find`, refused to `read`", async () => {
    const { github } = await scene();
    expect(await github.find(named, at, { ...repository, name: "uat" })).toBeUndefined();
    await expect(github.read(named, at, { ...repository, name: "uat" })).rejects.toMatchObject({
      code: "GitHubRefused",
      message: expect.stringContaining("/repos/example/shop/environments/uat"),
    });
  });

  test("of another shape than documented is no answer", async () => {
    const { github } = await scene();
    const wrong = z.object({ full_name: z.number() });
    await expect(github.read(wrong, "GET /repos/{owner}/{repo}", repository)).rejects.toMatchObject({
      code: "GitHubUnavailable",
      message: expect.stringContaining("full_name"),
    });
  });

  test("with a token that GitHub does not know is the user's to mend", async () => {
    const { url } = await scene();
    const stranger = openGitHub({ url: `${url}/api/v3`, token: "ghp_wrong" });
    await expect(stranger.request("GET /user")).rejects.toMatchObject({
      code: "GitHubRefused",
      fault: "user",
      hint: expect.stringContaining("GITHUB_TOKEN"),
    });
  });
});

describe("lists", () => {
  test.each([
    [0, 1],
    [100, 1],
    [101, 2],
    [250, 3],
  ])("%i items are %i requests", async (count, requests) => {
    const scenery = await scene();
    for (let index = 0; index < count; index++) scenery.state.environment(`e${index}`);
    const names: string[] = [];
    const route = "GET /repos/{owner}/{repo}/environments";
    for await (const page of scenery.github.pages(named, route, repository))
      names.push(...page.map(({ name }) => name));
    expect(names).toHaveLength(count);
    expect(new Set(names).size).toBe(count);
    expect(scenery.requests.count(/GET .*\/environments\?/)).toBe(requests);
  });
});

describe("when GitHub does not answer well", () => {
  const fault = (match: string, status: number, more = {}) =>
    ({ part: "github", match, action: { kind: "status", status, ...more } }) as const;

  test("what can be repeated is", async () => {
    const { github, faults, requests } = await scene();
    faults.add(fault("GET /api/v3/user", 502));
    expect((await github.request("GET /user")).status).toBe(200);
    expect(requests.count(/GET \/api\/v3\/user$/)).toBe(2);
  });

  test("a broken connection is tried again", async () => {
    const { github, faults } = await scene();
    faults.add({ part: "github", match: "GET /api/v3/user", action: { kind: "refuse" } });
    expect((await github.request("GET /user")).status).toBe(200);
  });

  test("nothing is posted twice", async () => {
    const { github, faults, requests } = await scene();
    faults.add({ part: "github", match: "POST .*/deployments", action: { kind: "drop" } });
    await expect(
      github.request("POST /repos/{owner}/{repo}/deployments", { ...repository, ref: "main" }),
    ).rejects.toMatchObject({ code: "GitHubUnavailable" });
    expect(requests.count(/POST .*\/deployments/)).toBe(1);
  });

  test("a secondary limit is waited for, posts too", async () => {
    const { github, faults, requests } = await scene();
    const message =
      "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
    faults.add(fault("POST .*/deployments", 403, { retryAfterSeconds: 1, message }));
    const began = performance.now();
    const { status } = await github.request("POST /repos/{owner}/{repo}/deployments", {
      ...repository,
      ref: "main",
    });
    expect(status).toBe(201);
    expect(performance.now() - began).toBeGreaterThan(990);
    expect(requests.count(/POST .*\/deployments/)).toBe(2);
  });

  test("a limit that lasts longer than is waited for is told with its time", async () => {
    const { github, faults, requests } = await scene();
    faults.add({ ...fault("GET /api/v3/user", 429, { retryAfterSeconds: 3600 }), times: "always" });
    await expect(github.request("GET /user")).rejects.toMatchObject({
      code: "GitHubUnavailable",
      message: expect.stringContaining("3600 s"),
    });
    expect(requests.count(/GET \/api\/v3\/user/)).toBe(1);
  });

  test("a limit that never ends is not asked for ever", async () => {
    const { github, faults, requests } = await scene({}, 3000);
    faults.add({ ...fault("GET /api/v3/user", 429, { retryAfterSeconds: 0 }), times: "always" });
    await expect(github.request("GET /user")).rejects.toMatchObject({ code: "GitHubUnavailable" });
    expect(requests.count(/GET \/api\/v3\/user/)).toBe(4);
  });

  test.each(["wait", "request"])("a signal ends a %s", async (where) => {
    const { github, faults } = await scene({}, 60_000);
    if (where === "wait") faults.add(fault("GET /api/v3/user", 429, { retryAfterSeconds: 50 }));
    else
      faults.add({
        part: "github",
        match: "GET /api/v3/user",
        action: { kind: "delay", milliseconds: 9000 },
      });
    const end = new AbortController();
    const asked = github.request("GET /user", { signal: end.signal });
    setTimeout(() => end.abort(), 100);
    const began = performance.now();
    await expect(asked).rejects.toMatchObject({ code: "Interrupted" });
    expect(performance.now() - began).toBeLessThan(3000);
  });
});

describe("the environment says where", () => {
  test("no token, no GitHub", () => {
    expect(gitHubFrom({ GITHUB_API_URL: "https://api.github.com" })).toBeUndefined();
    expect(() => requireGitHub({ GITHUB_TOKEN: "" })).toThrowError(
      expect.objectContaining({ code: "TokenMissing" }),
    );
  });

  test.each([
    [{}, "https://api.github.com"],
    [{ GITHUB_API_URL: "" }, "https://api.github.com"],
    [{ GITHUB_API_URL: "https://github.example.com/api/v3/" }, "https://github.example.com/api/v3"],
    [{ GITHUB_BASE_URL: "https://github.example.com/" }, "https://github.example.com/api/v3"],
    [{ GITHUB_BASE_URL: "https://github.example.com/api/v3/" }, "https://github.example.com/api/v3"],
    [{ GITHUB_BASE_URL: "https://api.github.com/" }, "https://api.github.com"],
    [{ GITHUB_BASE_URL: "https://api.shop.ghe.com/" }, "https://api.shop.ghe.com"],
    // A rehearsal within Actions stays on its own machine.
    [
      { GITHUB_BASE_URL: "http://127.0.0.1:7777/", GITHUB_API_URL: "https://api.github.com" },
      "http://127.0.0.1:7777/api/v3",
    ],
  ])("%j: %s", (variables, url) => {
    expect(gitHubFrom({ GITHUB_TOKEN: "x", ...variables })?.url).toBe(url);
  });
});

describe("the imitation's limits", () => {
  test("the primary one is waited for until its hour is over", async () => {
    const { github, requests } = await scene({ limits: { hourly: 1, resetSeconds: 3 } });
    await github.request("GET /user");
    expect((await github.request("GET /user")).status).toBe(200);
    expect(requests.all().map(({ status }) => status)).toEqual([200, 403, 200]);
  });

  test("the secondary one too, and nothing is lost", async () => {
    const { github, state } = await scene({ limits: { writesPerMinute: 2, retryAfterSeconds: 1 } });
    const route = "POST /repos/{owner}/{repo}/actions/variables";
    for (const name of ["A", "B", "C", "D"]) await github.request(route, { ...repository, name, value: "x" });
    expect([...state.vault.variables.keys()]).toEqual(["A", "B", "C", "D"]);
  });
});
