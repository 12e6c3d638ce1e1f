import type { Job, Workflow } from "./model.ts";
import { checkout, drive, driver, expression, install, keep, oneAtATime } from "./parts.ts";
import { pinned } from "./pinned.ts";
import { timeouts } from "./timeouts.ts";

const paths = [
  "Pulumi.yaml",
  "Pulumi.*.yaml",
  "app/**",
  "infra/**",
  "stacks/**",
  "package-lock.json",
  ".github/workflows/infrastructure.yaml",
];

// Whoever forks the repository gets no secrets; a preview would fail there and say nothing.
const ours =
  "github.event_name == 'pull_request' && github.event.pull_request.head.repo.full_name == github.repository";

const validate: Job = {
  name: "Validate",
  if: "github.event_name == 'pull_request'",
  "runs-on": "ubuntu-24.04",
  "timeout-minutes": timeouts.look,
  permissions: { contents: "read" },
  steps: [
    // With the branch that it was made from: of the migrations only new ones are of interest.
    checkout({ history: true }),
    ...install,
    {
      name: "Validate configuration and application",
      run: 'node bin/liftlock.mjs validate --since "origin/$GITHUB_BASE_REF"',
    },
    { name: "Workflows are what their source says", run: "node src/workflows/generate.ts --check" },
    { name: "Set up Trivy", uses: pinned.trivy, with: { version: "v0.70.0" } },
    {
      name: "Scan for secrets, vulnerable packages and unsafe configuration",
      run: "trivy filesystem --quiet --scanners secret,vuln,misconfig --severity HIGH,CRITICAL --skip-dirs node_modules --exit-code 1 .",
    },
  ],
};

const preview: Job = {
  name: `Preview ${expression("matrix.environment")}`,
  needs: ["validate"],
  if: ours,
  "runs-on": "ubuntu-24.04",
  "timeout-minutes": timeouts.look,
  environment: { name: `${expression("matrix.environment")}-watch` },
  permissions: { contents: "read", "pull-requests": "write" },
  concurrency: oneAtATime("preview", `${expression("matrix.environment")}-${expression("github.ref")}`),
  strategy: { "fail-fast": false, matrix: { environment: ["staging", "production"] } },
  steps: [
    checkout({ history: true }),
    ...install,
    drive({
      name: "Preview",
      env: { ENVIRONMENT: expression("matrix.environment"), NUMBER: expression("github.event.number") },
      command:
        'preview "$ENVIRONMENT" --since "origin/$GITHUB_BASE_REF" --comment "$NUMBER" --markdown "$RESULTS/preview-$ENVIRONMENT.md"',
      into: "preview.jsonl",
    }),
    keep(`preview-${expression("matrix.environment")}`, 30),
  ],
};

/** Applies one environment; production waits for staging. */
const applying = (environment: "staging" | "production", needs: string[]): Job => ({
  name: `Apply to ${environment}`,
  ...(needs.length > 0 && { needs }),
  if: "github.event_name == 'push'",
  "runs-on": "ubuntu-24.04",
  "timeout-minutes": timeouts.deploy,
  permissions: { contents: "read", deployments: "write", "pull-requests": "write" },
  environment: { name: environment, url: expression("vars.PUBLIC_URL") },
  concurrency: oneAtATime("deploy", environment),
  steps: [
    checkout(),
    ...install,
    {
      id: "apply",
      name: "Apply",
      env: { ...driver, STACK: environment },
      run: `pulumi up --yes --skip-preview --non-interactive --stack "$STACK" 2>&1 | tee "$RESULTS/apply-$STACK.log"`,
    },
    drive({ name: "Look at what runs", command: `status ${environment}`, into: "status.jsonl" }),
    {
      name: "Tell the pull request",
      if: "!cancelled()",
      env: {
        ENVIRONMENT: environment,
        GITHUB_TOKEN: expression("github.token"),
        OUTCOME: expression("steps.apply.outcome"),
      },
      run: `number=$(curl --silent --show-error --fail-with-body --max-time 30 \\
  --header "authorization: Bearer $GITHUB_TOKEN" --header "accept: application/vnd.github+json" \\
  "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/commits/$GITHUB_SHA/pulls" | jq --raw-output '.[0].number // empty')
test -n "$number" || { echo "No pull request belongs to $GITHUB_SHA."; exit 0; }
jq --null-input --arg body "Applied to $ENVIRONMENT: **$OUTCOME**. $GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID" '{body: $body}' |
  curl --silent --show-error --fail-with-body --max-time 30 --output /dev/null \\
    --header "authorization: Bearer $GITHUB_TOKEN" --header "accept: application/vnd.github+json" \\
    --data @- "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues/$number/comments"`,
    },
    keep(`apply-${environment}`, 90),
  ],
});

/** A change of the infrastructure: previewed in its pull request, applied once merged. */
export const infrastructure: Workflow = {
  name: "infrastructure",
  about: [
    "A pull request is validated, scanned and previewed, as one comment that is kept up to date. What is merged is applied: staging first,",
    "then production, once its reviewers agree.",
  ],
  on: {
    pull_request: { branches: ["main"], paths },
    push: { branches: ["main"], paths },
  },
  jobs: {
    validate,
    preview,
    staging: applying("staging", []),
    production: applying("production", ["staging"]),
  },
};
