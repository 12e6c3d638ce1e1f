import type { Workflow } from "./model.ts";
import { checkout, chosenEnvironment, commit, drive, expression, install, keep, lifting } from "./parts.ts";
import { timeouts } from "./timeouts.ts";

/** Back to what was verified before, by hand or when an alert asks for it. */
export const rollback: Workflow = {
  name: "rollback",
  about: [
    "Back to the newest earlier release that was verified there, or to a named one: by hand, or when an alert asks for it with a",
    "repository dispatch. It waits for no promotion, and for reviewers only where the environment has some.",
  ],
  on: {
    repository_dispatch: { types: ["rollback"] },
    workflow_dispatch: {
      inputs: {
        environment: chosenEnvironment,
        version: {
          description: "Version to go back to; empty: the one before",
          type: "string",
          required: false,
          default: "",
        },
        reason: { description: "Why; written to the ledger", type: "string", required: true },
      },
    },
  },
  jobs: {
    rollback: {
      name: "Roll back",
      "runs-on": "ubuntu-24.04",
      "timeout-minutes": timeouts.rollback,
      environment: {
        name: expression("inputs.environment || github.event.client_payload.environment || 'production'"),
      },
      permissions: lifting,
      // Not the group of deployments: a way back must not wait behind one that waits for people. Their lease keeps them apart.
      concurrency: {
        group: `liftlock-rollback-${expression("inputs.environment || github.event.client_payload.environment || 'production'")}`,
        "cancel-in-progress": false,
      },
      steps: [
        checkout({ push: true, history: true }),
        ...install,
        drive({
          name: "Roll back",
          id: "rollback",
          env: {
            ENVIRONMENT: expression(
              "inputs.environment || github.event.client_payload.environment || 'production'",
            ),
            REASON: expression(
              "inputs.reason || github.event.client_payload.reason || 'asked for by an alert'",
            ),
            VERSION: expression("inputs.version || github.event.client_payload.version"),
          },
          before: `to=()
if [ -n "$VERSION" ]; then to=(--to "$VERSION"); fi`,
          command: 'rollback "$ENVIRONMENT" "${to[@]}" --reason "$REASON"',
          into: "rollback.jsonl",
        }),
        commit(
          expression("inputs.environment || github.event.client_payload.environment || 'production'"),
          "rollback",
        ),
        keep("rollback", 400),
      ],
    },
  },
};
