import type { Workflow } from "./model.ts";
import { checkout, drive, driver, expression, install, keep, oneAtATime } from "./parts.ts";
import { uploadSarif } from "./scripts.ts";
import { timeouts } from "./timeouts.ts";

/**
 * Compares state, cloud, GitHub and hosts every hour. It looks from an environment of its own, `<environment>-watch`: one without
 * reviewers, whose tokens can only read.
 */
export const drift: Workflow = {
  name: "drift",
  about: [
    "Compares state, cloud, GitHub and hosts of each environment, every hour; one issue an environment is opened, kept up to date and",
    "closed again. Runs in the GitHub environment `<environment>-watch`, which has no reviewers and tokens that only read.",
  ],
  on: { schedule: [{ cron: "17 * * * *" }], workflow_dispatch: {} },
  jobs: {
    drift: {
      name: `Drift in ${expression("matrix.environment")}`,
      "runs-on": "ubuntu-24.04",
      "timeout-minutes": timeouts.look,
      environment: { name: `${expression("matrix.environment")}-watch` },
      permissions: { contents: "read", issues: "write", "security-events": "write" },
      concurrency: oneAtATime("drift", expression("matrix.environment")),
      strategy: { "fail-fast": false, matrix: { environment: ["staging", "production"] } },
      steps: [
        checkout(),
        ...install,
        drive({
          id: "drift",
          name: "Compare",
          env: { ENVIRONMENT: expression("matrix.environment") },
          command: 'drift "$ENVIRONMENT" --sarif "$RESULTS/drift.sarif" --issue',
          into: "drift.jsonl",
        }),
        {
          name: "Hand to code scanning",
          if: "!cancelled() && steps.drift.outcome != 'skipped'",
          env: { GITHUB_TOKEN: expression("github.token"), RESULTS: driver["RESULTS"] ?? "" },
          run: uploadSarif,
        },
        keep(`drift-${expression("matrix.environment")}`, 14),
      ],
    },
  },
};
