import type { Workflow } from "./model.ts";
import {
  checkout,
  commit,
  drive,
  expression,
  install,
  keep,
  lifting,
  oneAtATime,
  overrideInputs,
  overriding,
} from "./parts.ts";
import { timeouts } from "./timeouts.ts";

/** A chosen version goes to production; an older one is the way back. */
export const production: Workflow = {
  name: "production",
  about: [
    "Brings a chosen version into production, by hand: the same gates, images and checks as a promotion. An older version is a rollback,",
    "for which a freeze does not count.",
  ],
  on: {
    workflow_dispatch: {
      inputs: {
        version: { description: "Version, such as 1.5.0", type: "string", required: true },
        ...overrideInputs,
      },
    },
  },
  jobs: {
    production: {
      name: "Production",
      "runs-on": "ubuntu-24.04",
      "timeout-minutes": timeouts.promotion,
      environment: { name: "production", url: expression("vars.PUBLIC_URL") },
      permissions: { ...lifting, packages: "write" },
      concurrency: oneAtATime("deploy", "production"),
      steps: [
        checkout({ push: true, history: true }),
        ...install,
        drive({ name: "What there is", command: "releases", into: "releases.jsonl" }),
        drive({
          name: "Deploy",
          id: "deploy",
          env: { ...overriding.env, VERSION: expression("inputs.version") },
          before: overriding.before,
          command: 'deploy production --version "$VERSION" "${overriding[@]}"',
          into: "deploy.jsonl",
        }),
        commit("production", "deploy"),
        keep("production", 400),
      ],
    },
  },
};
