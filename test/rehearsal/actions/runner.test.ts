import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ActionsRefusal } from "../../../rehearsal/actions/refusal.ts";
import { Runner } from "../../../rehearsal/actions/runner.ts";
import { git } from "../../../rehearsal/actions/uses/git.ts";
import { Faults } from "../../../rehearsal/faults/faults.ts";
import { type GitHub, startGitHub } from "../../../rehearsal/github/server.ts";
import { present } from "../../journeys/strategies.ts";

const pins = {
  "actions/checkout": "d23441a48e516b6c34aea4fa41551a30e30af803",
  "actions/upload-artifact": "bbbca2ddaa5d8feaa63e36b76fdaad77386f024f",
  "actions/download-artifact": "3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c",
};
const use = (name: keyof typeof pins) => `${name}@${pins[name]}`;

let directory: string;
let github: GitHub;
let runner: Runner;
let clone: string;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "liftlock-runner-"));
  github = await startGitHub({
    token: "owner-token",
    owner: "example",
    repository: "shop",
    faults: new Faults(),
  });
  const remote = join(directory, "remote.git");
  clone = join(directory, "clone");
  for (const made of [remote, clone]) mkdirSync(made);
  git(remote, ["init", "--quiet", "--bare", "--initial-branch", "main"]);
  git(remote, ["config", "uploadpack.allowAnySHA1InWant", "true"]);
  git(clone, ["init", "--quiet", "--initial-branch", "main"]);
  git(clone, ["config", "user.name", "octo-dev"]);
  git(clone, ["config", "user.email", "octo-dev@example.com"]);
  git(clone, ["remote", "add", "origin", remote]);
  git(clone, ["commit", "--quiet", "--allow-empty", "--message", "begin"]);
  runner = await Runner.start({
    hub: github.state,
    github: { url: github.url, token: "owner-token" },
    remote,
    directory: join(directory, "runner"),
    machine: { PATH: process.env["PATH"] ?? "" },
    pins,
    minute: 20_000,
  });
});

afterEach(async () => {
  await runner[Symbol.asyncDispose]();
  await github.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Commits these files and pushes them. */
function commit(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(clone, path)), { recursive: true });
    writeFileSync(join(clone, path), text);
  }
  git(clone, ["add", "--all"]);
  git(clone, ["commit", "--quiet", "--message", "change"]);
  git(clone, ["push", "--quiet", "origin", "main"]);
}

/** Runs one workflow by hand, to its end. */
async function run(text: string, inputs: Record<string, string> = {}, files: Record<string, string> = {}) {
  commit({ ".github/workflows/it.yaml": text, ...files });
  runner.happen({ name: "workflow_dispatch", workflow: "it.yaml", branch: "main", inputs });
  await runner.idle();
  return present(runner.records.at(-1));
}

const job = (steps: string, more = "") =>
  `name: it\non: {workflow_dispatch: {inputs: {who: {type: string, required: false}}}}\njobs:\n  a:\n    runs-on: ubuntu-24.04\n${more}    steps:\n${steps.replaceAll(/^/gm, "      ")}`;

describe("a job", () => {
  it("hands variables, outputs, paths and a summary from step to step", async () => {
    const { jobs, run: ended } = await run(
      job(
        `- id: one
  run: |
    echo "GREETING=hello" >> "$GITHUB_ENV"
    printf 'many<<E\\na\\nb\\nE\\n' >> "$GITHUB_OUTPUT"
    mkdir bin && printf '#!/bin/sh\\necho from-path' > bin/told && chmod +x bin/told
    echo "$PWD/bin" >> "$GITHUB_PATH"
    echo "# Done" >> "$GITHUB_STEP_SUMMARY"
- env:
    MANY: \${{ steps.one.outputs.many }}
    WHO: \${{ inputs.who }}
  run: |
    echo "$GREETING $WHO: $MANY; $(told)"`,
        "    outputs:\n      many: ${{ steps.one.outputs.many }}\n",
      ),
      { who: "octo-dev" },
    );
    expect(ended.conclusion).toBe("success");
    expect(jobs["a"]?.log).toEqual(expect.arrayContaining(["hello octo-dev: a", "b; from-path"]));
    expect(jobs["a"]?.outputs).toEqual({ many: "a\nb" });
    expect(jobs["a"]?.summary).toBe("# Done\n");
  });

  it("stops at a failure, but for what wants to run in spite of it", async () => {
    const { jobs } = await run(
      job(`- {name: bad, id: bad, run: exit 3}
- {name: skipped, run: echo never}
- {name: always, if: "always() && steps.bad.outcome == 'failure'", run: echo anyway}`),
    );
    expect(jobs["a"]?.result).toBe("failure");
    expect(jobs["a"]?.course.map(({ outcome }) => outcome)).toEqual(["failure", "skipped", "success"]);
  });

  it("goes on after a failure that counts for nothing, and knows of it", async () => {
    const { jobs } = await run(
      job(`- {id: bad, continue-on-error: true, run: "false | true; false"}
- {run: "echo \${{ steps.bad.outcome }} \${{ steps.bad.conclusion }}"}`),
    );
    expect(jobs["a"]?.result).toBe("success");
    expect(jobs["a"]?.log).toContain("failure success");
  });

  it("masks secrets and what a step asks for, in logs, annotations and summaries", async () => {
    const at = new Date().toISOString();
    github.state.vault.secrets.set("HUSH", {
      name: "HUSH",
      value: "quite-secret",
      created_at: at,
      updated_at: at,
    });
    const { jobs } = await run(
      job(`- env: {HUSH: "\${{ secrets.HUSH }}", TOKEN: "\${{ github.token }}"}
  run: |
    echo "value $HUSH $TOKEN $(printf %s "$HUSH" | base64)"
    echo "::add-mask::learnt-later"
    echo "::error::$HUSH and learnt-later"
    echo "$HUSH" >> "$GITHUB_STEP_SUMMARY"`),
    );
    expect(jobs["a"]?.log).toContain("value *** *** ***");
    expect(jobs["a"]?.annotations).toEqual([{ level: "error", message: "*** and ***" }]);
    expect(jobs["a"]?.summary).toBe("***\n");
    expect(jobs["a"]?.hidden).toBe(2);
  });

  it("is ended by its timeout, with what it started", async () => {
    const { jobs } = await run(
      job(`- {timeout-minutes: 0.02, run: "sleep 60 & sleep 60"}\n- {if: always(), run: echo after}`),
    );
    expect(jobs["a"]?.course.map(({ outcome }) => outcome)).toEqual(["failure", "success"]);
  });

  it("still does what is always done, once its own time is over", async () => {
    const { jobs } = await run(
      job(
        "- run: sleep 60\n- run: echo never\n- {if: always(), run: echo tidied}",
        "    timeout-minutes: 0.02\n",
      ),
    );
    expect(jobs["a"]?.result).toBe("cancelled");
    expect(jobs["a"]?.log).toContain("tidied");
    expect(jobs["a"]?.log).not.toContain("never");
  });

  it("has a token that may do what its job says, and nothing else", async () => {
    const ask = (path: string) =>
      `curl -s -o /dev/null -w '%{http_code} ' -X POST -H "authorization: Bearer $TOKEN" --data '{"title": "x", "ref": "main"}' "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/${path}"`;
    const { jobs } = await run(
      job(
        `- env: {TOKEN: "\${{ github.token }}"}\n  run: |\n    ${ask("issues")}\n    ${ask("releases")}`,
        "    permissions: {issues: write}\n",
      ),
    );
    expect(jobs["a"]?.log.join("\n")).toContain("201 403");
    expect(runner.denied).toEqual([
      { method: "POST", path: "/api/v3/repos/example/shop/releases", scope: "contents" },
    ]);
  });

  it.each([
    ["an action at another commit", `- uses: actions/checkout@${"0".repeat(40)}`],
    ["an action without a stand-in", "- uses: somebody/something@v1"],
  ])("refuses %s", async (_, steps) => {
    const { jobs } = await run(job(steps));
    expect(jobs["a"]?.result).toBe("failure");
    expect(jobs["a"]?.log.join("\n")).toContain("there is no stand-in");
  });

  it("runs a composite action of the checkout", async () => {
    const action = `name: greet
description: greets
inputs: {who: {description: whom, default: nobody}}
outputs: {said: {description: what, value: "\${{ steps.say.outputs.said }}"}}
runs:
  using: composite
  steps:
    - id: say
      shell: bash
      env: {WHO: "\${{ inputs.who }}", HERE: "\${{ github.action_path }}"}
      run: |
        test -f "$HERE/action.yml"
        echo "said=hello $WHO" >> "$GITHUB_OUTPUT"
`;
    const { jobs } = await run(
      job(`- uses: ${use("actions/checkout")}
- {id: greet, uses: ./greet, with: {who: octo-dev}}
- {run: "echo \${{ steps.greet.outputs.said }}"}`),
      {},
      { "greet/action.yml": action },
    );
    expect(jobs["a"]?.log).toContain("hello octo-dev");
  });

  it("cannot push without the permission to", async () => {
    const push = `- uses: ${use("actions/checkout")}
- run: git -c user.name=x -c user.email=x@example.com commit --allow-empty -m x && git push origin HEAD:main`;
    expect((await run(job(push, "    permissions: {contents: read}\n"))).run.conclusion).toBe("failure");
    expect((await run(job(push, "    permissions: {contents: write}\n"))).run.conclusion).toBe("success");
  });
});

describe("a workflow", () => {
  it("runs a matrix, gives artifacts from job to job, and skips what needs a failure", async () => {
    const { jobs, run: ended } = await run(`name: it
on: workflow_dispatch
jobs:
  make:
    runs-on: ubuntu-24.04
    strategy: {matrix: {what: [x, y]}}
    steps:
      - run: echo "\${{ matrix.what }}" > "\${{ matrix.what }}.txt"
      - uses: ${use("actions/upload-artifact")}
        with: {name: "made-\${{ matrix.what }}", path: "\${{ matrix.what }}.txt"}
  take:
    needs: make
    runs-on: ubuntu-24.04
    steps:
      - uses: ${use("actions/download-artifact")}
        with: {pattern: made-*, path: all, merge-multiple: true}
      - run: cat all/x.txt all/y.txt
      - run: exit 1
  never:
    needs: take
    runs-on: ubuntu-24.04
    steps: [{run: echo never}]
  anyway:
    needs: [take, never]
    if: always() && needs.take.result == 'failure'
    runs-on: ubuntu-24.04
    steps: [{run: "echo \${{ needs.never.result }}"}]
`);
    expect(ended.conclusion).toBe("failure");
    expect(jobs["take"]?.log).toEqual(expect.arrayContaining(["x", "y"]));
    expect(jobs["never"]?.result).toBe("skipped");
    expect(jobs["anyway"]?.log).toContain("skipped");
  });

  it.each(["approved", "rejected"])("waits for its environment's reviewers, %s", async (state) => {
    const environment = github.state.environment("production");
    environment.reviewers = [{ type: "User", id: 1 }];
    const at = new Date().toISOString();
    environment.vault.secrets.set("OWN", {
      name: "OWN",
      value: "of-production",
      created_at: at,
      updated_at: at,
    });
    commit({
      ".github/workflows/it.yaml": job(
        '- {run: \'test "$OWN" = of-production\', env: {OWN: "${{ secrets.OWN }}"}}',
        "    environment: production\n",
      ),
    });
    const [begun] = runner.happen({
      name: "workflow_dispatch",
      workflow: "it.yaml",
      branch: "main",
      inputs: {},
    });
    await expect.poll(() => begun?.status).toBe("waiting");
    const answer = await fetch(
      `${github.url}/api/v3/repos/example/shop/actions/runs/${begun?.id ?? 0}/pending_deployments`,
      {
        method: "POST",
        headers: { authorization: "Bearer owner-token" },
        body: JSON.stringify({ environment_ids: [environment.id], state, comment: "so" }),
      },
    );
    expect(answer.status).toBe(200);
    await runner.idle();
    expect(begun?.conclusion).toBe(state === "approved" ? "success" : "failure");
  });

  it("gives a job the secrets of its own environment only", async () => {
    const at = new Date().toISOString();
    const { secrets } = github.state.environment("production").vault;
    secrets.set("OWN", { name: "OWN", value: "of-production", created_at: at, updated_at: at });
    const { jobs } = await run(
      job('- {run: \'echo "[$OWN]"\', env: {OWN: "${{ secrets.OWN }}"}}', "    environment: staging\n"),
    );
    expect(jobs["a"]?.log).toContain("[]");
  });

  it("may not deploy from a branch that the environment does not allow", async () => {
    const environment = github.state.environment("production");
    environment.branches = { protected_branches: false, custom_branch_policies: true };
    environment.policies.set(1, { id: 1, node_id: "", name: "release/*", type: "branch" });
    const { jobs } = await run(job("- run: echo never", "    environment: production\n"));
    expect(jobs["a"]?.result).toBe("failure");
    expect(jobs["a"]?.log.join("\n")).toContain("not allowed to deploy");
  });

  it("starts those that wait for it, and those whose paths have changed", async () => {
    const text = (on: string) =>
      `on: ${on}\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps: [{run: "true"}]\n`;
    commit({
      ".github/workflows/first.yaml": `name: first\n${text("{push: {branches: [main], paths: ['src/**']}}")}`,
      ".github/workflows/second.yaml": `name: second\n${text("{workflow_run: {workflows: [first], types: [completed], branches: [main]}}")}`,
      ".github/workflows/other.yaml": `name: other\n${text("{push: {branches: [next]}}")}`,
    });
    commit({ "docs/x.md": "x" });
    expect(runner.push()).toEqual([]);
    commit({ "src/deep/x.ts": "x" });
    runner.push();
    await runner.idle();
    expect(runner.records.map(({ run: { name } }) => name)).toEqual(["first", "second"]);
  });

  it.each([["inputs that it does not know", { nobody: "x" }]])("refuses %s", (_, inputs) => {
    commit({ ".github/workflows/it.yaml": job("- run: echo never") });
    expect(() =>
      runner.happen({ name: "workflow_dispatch", workflow: "it.yaml", branch: "main", inputs }),
    ).toThrow(ActionsRefusal);
  });

  it.each([
    ["what GitHub's parser refuses", job("- {run: x, uses: y}")],
    ["a service container", job("- run: x", "    services: {db: {image: postgres}}\n")],
    ["another workflow", "name: it\non: push\njobs:\n  a:\n    uses: ./.github/workflows/b.yaml\n"],
  ])("refuses %s", (_, text) => {
    commit({ ".github/workflows/it.yaml": text });
    expect(() => runner.push("main")).toThrow(ActionsRefusal);
  });
});
