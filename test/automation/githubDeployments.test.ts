import { describe, expect, test } from "vitest";
import { deploymentRecordOf, reportOf } from "../../src/automation/githubDeployments.ts";
import type { PromotionResult } from "../../src/automation/messages.ts";
import type { Run } from "../../src/automation/run.ts";
import { type Asked, start } from "../rehearsal/github/asking.ts";
import { aRun, ending, newer, older } from "./runs.ts";

const page = {
  GITHUB_SERVER_URL: "https://github.com",
  GITHUB_REPOSITORY: "example/shop",
  GITHUB_RUN_ID: "7",
};

/** A run whose environment has a repository on this GitHub. */
async function runAt(github: Asked, change: Partial<Run> = {}) {
  const given = await aRun();
  const { run } = given;
  Object.assign(run.context.environment, page, {
    GITHUB_BASE_URL: `${github.url}/`,
    GITHUB_TOKEN: "ghp_x",
  });
  Object.assign(run.target.outputs, { endpoints: ["http://203.0.113.1:8080/healthz"] });
  Object.assign(run, change);
  return given;
}

const completed = (run: Run): PromotionResult => {
  const { reason: _, recoverySeconds: __, ...result } = ending(run, { status: "Completed" });
  return { ...result, runs: result.release };
};

/** Carries a run's record from its start to this end. */
async function record(run: Run, result: PromotionResult): Promise<void> {
  const kept = deploymentRecordOf(run);
  kept.started();
  kept.ended(result);
  await kept.finish();
}

const states = (github: Asked) =>
  [...github.state.deployments.values()].map(({ statuses }) => statuses.map(({ state }) => state));

describe("what GitHub shows", () => {
  test("of a promotion that came: where it runs, where its log is, and that the one before does not run any more", async () => {
    const github = await start();
    await using first = await runAt(github, { release: older });
    await record(first.run, completed(first.run));
    await using second = await runAt(github);
    await record(second.run, completed(second.run));
    expect(states(github)).toEqual([
      ["in_progress", "success", "inactive"],
      ["in_progress", "success"],
    ]);
    const [, deployment] = github.state.deployments.values();
    expect(deployment).toMatchObject({ sha: newer.commit, environment: "production", task: "deploy" });
    expect(deployment?.statuses.at(-1)).toMatchObject({
      environment_url: "http://203.0.113.1:8080",
      log_url: "https://github.com/example/shop/actions/runs/7",
      description: "1.1.0 runs, verified.",
    });
    const checks = [...github.state.checks.values()].map(({ head_sha, name, conclusion }) => ({
      head_sha,
      name,
      conclusion,
    }));
    expect(checks).toEqual([
      { head_sha: older.commit, name: "liftlock / production", conclusion: "success" },
      { head_sha: newer.commit, name: "liftlock / production", conclusion: "success" },
    ]);
    expect(github.requests.unknown()).toEqual([]);
    expect([...first.warnings(), ...second.warnings()]).toEqual([]);
  });

  test("of one that did not stay: it failed, and the one before still runs", async () => {
    const github = await start();
    await using first = await runAt(github, { release: older });
    await record(first.run, completed(first.run));
    await using second = await runAt(github);
    await record(second.run, ending(second.run));
    expect(states(github)).toEqual([
      ["in_progress", "success"],
      ["in_progress", "failure"],
    ]);
    const [, deployment] = github.state.deployments.values();
    expect(deployment?.statuses.at(-1)?.description).toBe(
      "1.0.0 runs again. StartFailed: web-1: api exited with 1",
    );
  });

  test("of one that waits for approval is taken up when it goes on", async () => {
    const github = await start();
    await using asked = await runAt(github);
    await record(asked.run, { ...completed(asked.run), status: "Pending" });
    await using approved = await runAt(github);
    await record(approved.run, completed(approved.run));
    expect(states(github)).toEqual([["in_progress", "queued", "in_progress", "success"]]);
  });

  test("of one whose driver was killed is taken up by the one that resumes it", async () => {
    const github = await start();
    await using killed = await runAt(github);
    const begun = deploymentRecordOf(killed.run);
    begun.started();
    await begun.finish();
    await using resumed = await runAt(github);
    await record(resumed.run, completed(resumed.run));
    expect(states(github)).toEqual([["in_progress", "in_progress", "success"]]);
  });

  test("of one that was tried again after it had failed is a new one", async () => {
    const github = await start();
    await using failed = await runAt(github);
    await record(failed.run, ending(failed.run));
    await using again = await runAt(github);
    await record(again.run, completed(again.run));
    expect(states(github)).toEqual([
      ["in_progress", "failure"],
      ["in_progress", "success"],
    ]);
  });

  test("a person's token may write no check runs: the commit has a status instead", async () => {
    const github = await start({ isApp: false });
    await using given = await runAt(github);
    await record(given.run, completed(given.run));
    expect(github.state.checks.size).toBe(0);
    expect(github.state.statuses.map(({ context, state }) => `${context} ${state}`)).toEqual([
      "liftlock / production pending",
      "liftlock / production success",
    ]);
    expect(given.warnings()).toEqual([]);
  });
});

describe("a promotion does not hang on GitHub", () => {
  test("without a token nothing is asked", async () => {
    const github = await start();
    await using given = await runAt(github);
    Object.assign(given.run.context.environment, { GITHUB_TOKEN: "" });
    await record(given.run, completed(given.run));
    expect(github.requests.all()).toEqual([]);
  });

  test("what it refuses is one warning", async () => {
    const github = await start();
    await using given = await runAt(github);
    Object.assign(given.run.context.environment, { GITHUB_TOKEN: "ghp_of_a_stranger" });
    await record(given.run, completed(given.run));
    const [warning = "", ...others] = given.warnings();
    expect(others).toEqual([]);
    expect(warning).toContain("GitHub was not told");
    expect(warning).not.toContain("ghp_of_a_stranger");
  });

  test("one lost report does not keep the end from being told", async () => {
    const github = await start();
    await using given = await runAt(github);
    const match = "POST .*/deployments/\\d+/statuses";
    github.faults.add({ part: "github", match, action: { kind: "status", status: 422 } });
    await record(given.run, completed(given.run));
    expect(states(github)).toEqual([["success"]]);
    expect(given.warnings()).toHaveLength(1);
  });
});

const name = { id: "r", version: "1.1.0" };
const before = { id: "q", version: "1.0.0" };

test.each([
  ["Completed", name, "success"],
  ["Pending", before, "queued"],
  ["Cancelled", before, "inactive"],
  ["RolledBack", before, "failure"],
  ["Failed", before, "failure"],
  ["Failed", undefined, "error"],
] as const)("%s, and %o runs: %s", (status, runs, state) => {
  expect(reportOf({ status, release: name, ...(runs && { runs }) }).state).toBe(state);
});
