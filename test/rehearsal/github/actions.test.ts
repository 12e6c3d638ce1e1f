import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Faults } from "../../../rehearsal/faults/faults.ts";
import { analysesOf } from "../../../rehearsal/github/code-scanning.ts";
import { type GitHub, startGitHub } from "../../../rehearsal/github/server.ts";

let github: GitHub;
beforeAll(async () => {
  github = await startGitHub({ token: "t", owner: "example", repository: "shop", faults: new Faults() });
});
afterAll(() => github.close());

async function ask(method: string, path: string, body?: unknown): Promise<{ status: number; json: unknown }> {
  const answer = await fetch(`${github.url}/api/v3/repos/example/shop${path}`, {
    method,
    headers: { authorization: "Bearer t" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, json: text === "" ? undefined : JSON.parse(text) };
}

describe("pull requests", () => {
  const given = { title: "Pin", head: "liftlock/pin", base: "main" };

  it("are numbered with the issues, listed, and opened once for the same branches", async () => {
    expect(await ask("POST", "/pulls", given)).toMatchObject({
      status: 201,
      json: { number: 1, head: { ref: given.head } },
    });
    expect((await ask("POST", "/pulls", given)).status).toBe(422);
    expect((await ask("GET", "/pulls")).json).toMatchObject([{ number: 1, title: "Pin" }]);
    expect((await ask("GET", "/pulls/2")).status).toBe(404);
    expect((await ask("GET", "/issues/1")).json).toMatchObject({ number: 1, title: "Pin" });
  });

  it("belong to the commit that merged them", async () => {
    expect((await ask("GET", `/commits/${"a".repeat(40)}/pulls`)).json).toEqual([]);
  });
});

describe("releases", () => {
  it("are one a tag", async () => {
    expect((await ask("POST", "/releases", { tag_name: "v1.0.0" })).status).toBe(201);
    expect((await ask("POST", "/releases", { tag_name: "v1.0.0" })).status).toBe(422);
    expect((await ask("GET", "/releases/tags/v1.0.0")).json).toMatchObject({ tag_name: "v1.0.0" });
    expect((await ask("GET", "/releases/tags/v9")).status).toBe(404);
  });
});

describe("code scanning", () => {
  const report = (sarif: string) => ({ commit_sha: "a".repeat(40), ref: "refs/heads/main", sarif });
  const packed = (value: unknown) => gzipSync(JSON.stringify(value)).toString("base64");

  it("opens a report", async () => {
    expect(
      (await ask("POST", "/code-scanning/sarifs", report(packed({ version: "2.1.0", runs: [{}] })))).status,
    ).toBe(202);
    expect(analysesOf(github.state)).toMatchObject([{ ref: "refs/heads/main", sarif: { version: "2.1.0" } }]);
  });

  it.each([
    ["what is no gzip", Buffer.from("{}").toString("base64")],
    ["another version", packed({ version: "2.0.0", runs: [{}] })],
    ["no runs", packed({ version: "2.1.0", runs: [] })],
  ])("refuses %s", async (_, sarif) => {
    expect((await ask("POST", "/code-scanning/sarifs", report(sarif))).status).toBe(400);
  });
});

describe("runs", () => {
  it("are started by nobody while nothing executes workflows", async () => {
    expect((await ask("POST", "/dispatches", { event_type: "rollback" })).status).toBe(503);
    expect((await ask("GET", "/actions/runs")).json).toEqual({ total_count: 0, workflow_runs: [] });
    expect((await ask("GET", "/actions/runs/1/pending_deployments")).status).toBe(404);
  });
});
