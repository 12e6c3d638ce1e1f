import type { Workflow } from "./model.ts";
import { checkout, chosenEnvironment, drive, expression, install, keep, oneAtATime } from "./parts.ts";
import { timeouts } from "./timeouts.ts";

const environment = expression("inputs.environment || 'production'");

/** Proves every week that the newest backup restores. */
export const restoreDrill: Workflow = {
  name: "restore-drill",
  about: [
    "Restores the newest backup into a throw-away container on its host, every week, and by hand; nothing that runs is touched. Who is told",
    "when it does not restore is the stack's `liftlock:notify`. Runs in `<environment>-watch`, which has no reviewers.",
  ],
  on: {
    schedule: [{ cron: "23 4 * * 0" }],
    workflow_dispatch: {
      inputs: {
        environment: chosenEnvironment,
        snapshot: {
          description: "Which backup; empty: the newest",
          type: "string",
          required: false,
          default: "",
        },
      },
    },
  },
  jobs: {
    drill: {
      name: "Restore drill",
      "runs-on": "ubuntu-24.04",
      "timeout-minutes": timeouts.drill,
      environment: { name: `${environment}-watch` },
      permissions: { contents: "read" },
      // Not the group of deployments: nobody who deploys, or goes back, waits for a drill. It does not begin beside one: driver and host see to that.
      concurrency: oneAtATime("drill", environment),
      steps: [
        checkout(),
        ...install,
        drive({
          id: "drill",
          name: "Restore",
          env: { ENVIRONMENT: environment, SNAPSHOT: expression("inputs.snapshot") },
          before: `which=()
if [ -n "$SNAPSHOT" ]; then which=(--snapshot "$SNAPSHOT"); fi`,
          command: 'drill "$ENVIRONMENT" "${which[@]}"',
          into: "drill.jsonl",
        }),
        drive({
          name: "List the backups",
          if: "!cancelled() && steps.drill.outcome != 'skipped'",
          env: { ENVIRONMENT: environment },
          command: 'backups "$ENVIRONMENT"',
          into: "backups.jsonl",
        }),
        keep(`restore-drill-${environment}`, 90),
      ],
    },
  },
};
