import type { Workflow } from "./model.ts";
import { checkout, drive, expression, install, keep } from "./parts.ts";
import { timeouts } from "./timeouts.ts";

/** Deletes every day what nobody may need any more, once storage is used beyond the thresholds. */
export const cleanup: Workflow = {
  name: "cleanup",
  about: [
    "Deletes what no environment runs or may need for its way back, once storage is used beyond the configured thresholds; then writes",
    "the metrics. By hand it only says what it would do, unless told otherwise.",
  ],
  on: {
    schedule: [{ cron: "41 3 * * *" }],
    workflow_dispatch: {
      inputs: {
        apply: { description: "Really delete", type: "boolean", required: true, default: false },
      },
    },
  },
  jobs: {
    cleanup: {
      name: "Clean up",
      "runs-on": "ubuntu-24.04",
      "timeout-minutes": timeouts.cleanup,
      environment: { name: "production-watch" },
      permissions: { contents: "read", packages: "write" },
      concurrency: { group: "liftlock-cleanup", "cancel-in-progress": false },
      steps: [
        checkout(),
        ...install,
        drive({
          id: "cleanup",
          name: "Clean up",
          env: { APPLY: expression("github.event_name == 'schedule' || inputs.apply") },
          before: `how=()
if [ "$APPLY" = true ]; then how=(--apply); fi`,
          command: 'cleanup "${how[@]}"',
          into: "cleanup.jsonl",
        }),
        drive({
          name: "Write the metrics",
          if: "!cancelled()",
          env: { METRICS_URL: expression("vars.METRICS_URL") },
          before: `where=(--textfile "$RESULTS/liftlock.prom")
if [ -n "$METRICS_URL" ]; then where+=(--push "$METRICS_URL"); fi`,
          command: 'metrics --format prometheus "${where[@]}"',
        }),
        keep("cleanup", 30),
      ],
    },
  },
};
