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
  overrideInputs,
  overriding,
} from "./parts.ts";
import { timeouts } from "./timeouts.ts";

/** What staging runs and has verified goes to production, once reviewers agree. */
export const promotion: Workflow = {
  name: "promotion",
  about: [
    "Lifts what staging runs, verified, into production. Shows first what that would be; then waits for the reviewers of the environment",
    "`production`. Gates, images, preview and health are judged by the driver, which also goes back by itself.",
  ],
  on: {
    workflow_run: { workflows: ["staging"], types: ["completed"], branches: ["main"] },
    workflow_dispatch: { inputs: overrideInputs },
  },
  jobs: {
    look: look("staging"),
    proposal: {
      name: "What would be promoted",
      needs: ["look"],
      if: found,
      "runs-on": "ubuntu-24.04",
      "timeout-minutes": timeouts.look,
      environment: { name: "staging" },
      permissions: { contents: "read" },
      steps: [
        // The pin that staging's own run has just committed, not what started it.
        checkout({ ref: expression("github.event.repository.default_branch") }),
        ...install,
        drive({ name: "Look at staging", id: "status", command: "status staging", into: "status.jsonl" }),
        keep("proposal", 14),
      ],
    },
    production: {
      name: "Production",
      needs: ["proposal"],
      "runs-on": "ubuntu-24.04",
      "timeout-minutes": timeouts.promotion,
      environment: { name: "production", url: expression("vars.PUBLIC_URL") },
      permissions: { ...lifting, packages: "write" },
      concurrency: oneAtATime("deploy", "production"),
      outputs: {
        promotion: expression("steps.promote.outputs.promotion"),
        status: expression("steps.promote.outputs.status"),
        version: expression("steps.promote.outputs.version"),
      },
      steps: [
        checkout({ ref: expression("github.event.repository.default_branch"), push: true, history: true }),
        ...install,
        drive({
          name: "Plan",
          id: "plan",
          // What is refused is refused by the promotion itself, which says so to everybody who listens.
          "continue-on-error": true,
          command: "plan --from staging --to production",
          into: "plan.json",
        }),
        drive({
          name: "Promote",
          id: "promote",
          ...overriding,
          command: 'promote --from staging --to production "${overriding[@]}"',
          into: "promote.jsonl",
        }),
        commit("production", "promote"),
        keep("promotion", 400),
      ],
    },
  },
};
