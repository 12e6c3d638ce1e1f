import type { Workflow } from "./model.ts";
import {
  checkout,
  commit,
  drive,
  expression,
  found,
  install,
  keep,
  lifting,
  look,
  oneAtATime,
} from "./parts.ts";
import { pinned } from "./pinned.ts";
import { stagingTests } from "./scripts.ts";
import { timeouts } from "./timeouts.ts";

const runUrl = expression(
  "format('{0}/{1}/actions/runs/{2}', github.server_url, github.repository, github.run_id)",
);

/** Every release goes to staging by itself; its tests are run there and their result is written to the ledger. */
export const staging: Workflow = {
  name: "staging",
  about: ["Brings each release into staging, tests it there and writes the result into the ledger."],
  on: {
    workflow_run: { workflows: ["release"], types: ["completed"], branches: ["main"] },
    workflow_dispatch: {
      inputs: {
        version: {
          description: "Version to bring into staging; older than what runs: back to it",
          type: "string",
          required: true,
        },
      },
    },
  },
  jobs: {
    look: look("release"),
    staging: {
      name: "Staging",
      needs: ["look"],
      if: found,
      "runs-on": "ubuntu-24.04",
      "timeout-minutes": timeouts.deploy,
      environment: { name: "staging", url: expression("vars.PUBLIC_URL") },
      permissions: { ...lifting, actions: "read" },
      concurrency: oneAtATime("deploy", "staging"),
      outputs: { version: expression("steps.deploy.outputs.version") },
      steps: [
        checkout({ push: true, history: true }),
        ...install,
        {
          name: "Fetch the release",
          if: "github.event_name == 'workflow_run'",
          uses: pinned.downloadArtifact,
          with: {
            name: "release",
            path: `${expression("runner.temp")}/release`,
            "run-id": expression("github.event.workflow_run.id"),
            "github-token": expression("github.token"),
          },
        },
        drive({
          id: "deploy",
          name: "Deploy",
          env: { VERSION: expression("inputs.version") },
          before: `what=(--version "$VERSION")
if [ -z "$VERSION" ]; then what=(--release "$RUNNER_TEMP/release/release.json"); fi`,
          command: 'deploy staging "${what[@]}"',
          into: "deploy.jsonl",
        }),
        {
          id: "tests",
          name: "Test",
          env: { ...drive({ name: "", command: "" }).env, STAGING_TESTS: expression("vars.STAGING_TESTS") },
          run: stagingTests,
        },
        drive({
          name: "Record the tests",
          if: "!cancelled() && steps.tests.outcome != 'skipped'",
          env: { OUTCOME: expression("steps.tests.outcome"), URL: runUrl },
          before: `result=--failed
if [ "$OUTCOME" = success ]; then result=--passed; fi`,
          command: 'tests staging "$result" --url "$URL"',
        }),
        commit("staging", "deploy"),
        keep("staging"),
      ],
    },
  },
};
