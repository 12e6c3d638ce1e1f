import { describe, expect, test } from "vitest";
import { shop, start } from "./asking.ts";

const issues = `${shop}/issues`;
const commit = "a".repeat(40);

describe("issues", () => {
  test("are opened, changed, closed and reopened", async () => {
    const github = await start();
    const made = await github.ask("POST", issues, { title: "Drift", body: "x", labels: ["drift"] });
    expect(made).toMatchObject({
      status: 201,
      body: { number: 1, state: "open", labels: [{ name: "drift" }] },
    });
    const closed = await github.ask("PATCH", `${issues}/1`, { state: "closed" });
    expect(closed.body).toMatchObject({ state: "closed", state_reason: "completed" });
    expect(closed.body.closed_at).not.toBeNull();
    const reopened = await github.ask("PATCH", `${issues}/1`, { state: "open", body: "y" });
    expect(reopened.body).toMatchObject({ state: "open", closed_at: null, body: "y" });
  });

  test("are listed by state and labels, newest first", async () => {
    const github = await start();
    for (const labels of [["a"], ["a", "b"], []]) await github.ask("POST", issues, { title: "t", labels });
    await github.ask("PATCH", `${issues}/1`, { state: "closed" });
    const list = async (query: string) =>
      ((await github.ask("GET", `${issues}${query}`)).body as { number: number }[]).map(
        ({ number }) => number,
      );
    expect(await list("")).toEqual([3, 2]);
    expect(await list("?state=all&labels=a")).toEqual([2, 1]);
    expect(await list("?labels=a,b")).toEqual([2]);
  });

  test.each([{}, { title: "" }, { title: "t", body: "x".repeat(65_537) }])("%j is refused", async (body) => {
    const github = await start();
    expect((await github.ask("POST", issues, body)).status).toBe(422);
  });

  test("have comments, which are changed and deleted", async () => {
    const github = await start();
    await github.ask("POST", issues, { title: "t" });
    const made = await github.ask("POST", `${issues}/1/comments`, { body: "one" });
    const one = `${issues}/comments/${made.body.id}`;
    expect((await github.ask("PATCH", one, { body: "two" })).body).toMatchObject({ body: "two" });
    expect((await github.ask("GET", `${issues}/1/comments`)).body).toMatchObject([{ body: "two" }]);
    expect((await github.ask("GET", `${issues}/1`)).body).toMatchObject({ comments: 1 });
    expect((await github.ask("DELETE", one)).status).toBe(204);
    expect((await github.ask("GET", one)).status).toBe(404);
    expect((await github.ask("POST", `${issues}/2/comments`, { body: "x" })).status).toBe(404);
  });
});

describe("checks", () => {
  const runs = `${shop}/check-runs`;

  test("go on until they have a conclusion", async () => {
    const github = await start();
    const made = await github.ask("POST", runs, { name: "c", head_sha: commit, status: "in_progress" });
    expect(made).toMatchObject({ status: 201, body: { status: "in_progress", conclusion: null } });
    const done = await github.ask("PATCH", `${runs}/${made.body.id}`, { conclusion: "success" });
    expect(done.body).toMatchObject({ status: "completed", conclusion: "success" });
    const { body } = await github.ask("GET", `${shop}/commits/${commit}/check-runs?check_name=c`);
    expect(body).toMatchObject({ total_count: 1 });
  });

  test.each([
    [{ name: "c", head_sha: "abc" }],
    [{ name: "c", head_sha: commit, status: "completed" }],
    [{ name: "c", head_sha: commit, conclusion: "great" }],
  ])("%j is refused", async (body) => {
    const github = await start();
    expect((await github.ask("POST", runs, body)).status).toBe(422);
  });

  test("are for apps; commit statuses are for everybody", async () => {
    const github = await start({ isApp: false });
    expect((await github.ask("POST", runs, { name: "c", head_sha: commit })).status).toBe(403);
    expect((await github.ask("POST", `${shop}/statuses/${commit}`, { state: "success" })).status).toBe(201);
    expect((await github.ask("POST", `${shop}/statuses/main`, { state: "success" })).status).toBe(422);
    expect((await github.ask("GET", `${shop}/commits/${commit}/statuses`)).body).toHaveLength(1);
  });
});
