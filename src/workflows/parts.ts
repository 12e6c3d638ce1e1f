/** Steps that several workflows have in common. */
import type { ActionStep, Concurrency, Input, Job, Permissions, RunStep, Step } from "./model.ts";
import { pinned } from "./pinned.ts";
import { commitPin, lookForArtifact } from "./scripts.ts";
import { timeouts } from "./timeouts.ts";

/** Name of an expression's value: `expression("github.sha")` is `${{ github.sha }}`. */
export const expression = (text: string): string => `\${{ ${text} }}`;

/** How the driver is called in a checkout. */
export const liftlock = "node bin/liftlock.mjs";

/** Where files lie that become artifacts; outside the checkout, so that none is committed. */
export const results = `${expression("runner.temp")}/liftlock`;

/**
 * What the driver and the engine are told. Secrets are those of the job's environment: a job in staging has no others. Each is given to
 * the steps that need it, not to the job: packages that are installed see none.
 * An empty one counts as not given.
 */
export const driver: Readonly<Record<string, string>> = {
  AWS_ACCESS_KEY_ID: expression("secrets.STATE_ACCESS_KEY_ID"),
  AWS_SECRET_ACCESS_KEY: expression("secrets.STATE_SECRET_ACCESS_KEY"),
  DIGITALOCEAN_TOKEN: expression("secrets.DIGITALOCEAN_TOKEN"),
  // The run's own token cannot read or set secrets, protection and hooks, which the stack declares where `liftlock:repository` is configured.
  GITHUB_TOKEN: expression("secrets.REPOSITORY_TOKEN || github.token"),
  LIFTLOCK_LEDGER: expression("secrets.LIFTLOCK_LEDGER"),
  PULUMI_ACCESS_TOKEN: expression("secrets.PULUMI_ACCESS_TOKEN"),
  PULUMI_BACKEND_URL: expression("vars.PULUMI_BACKEND_URL"),
  PULUMI_CONFIG_PASSPHRASE: expression("secrets.PULUMI_CONFIG_PASSPHRASE"),
  RESULTS: results,
};

/** What a job that changes an environment may do: deployments and their statuses, the pin in git, a pull request where it is protected. */
export const lifting: Permissions = {
  contents: "write",
  deployments: "write",
  "pull-requests": "write",
};

/** The repository. @param ref default what started the workflow */
export const checkout = (how: { history?: true; ref?: string; push?: true } = {}): ActionStep => ({
  name: "Check out",
  uses: pinned.checkout,
  with: {
    ...(how.ref !== undefined && { ref: how.ref }),
    ...(how.history && { "fetch-depth": 0 }),
    // The token is left in the checkout only where a later step pushes.
    "persist-credentials": how.push ?? false,
  },
});

/** Node, the packages of the lock file, and a place for results. */
export const install: readonly Step[] = [
  { name: "Set up Node", uses: pinned.setupNode, with: { "node-version": "24", cache: "npm" } },
  { name: "Install", run: `npm ci --no-audit --no-fund\nmkdir -p "$RUNNER_TEMP/liftlock"` },
];

/** A step that calls the driver: `command` is what follows `liftlock`. */
export const drive = (
  step: Omit<RunStep, "run"> & { command: string; into?: string; before?: string },
): RunStep => {
  const { command, into, before, env, ...rest } = step;
  // Lines for people and annotations go to standard error then, the same as JSON into a file that is kept.
  const call =
    into === undefined ? `${liftlock} ${command}` : `${liftlock} --json ${command} > "$RESULTS/${into}"`;
  return { ...rest, env: { ...driver, ...env }, run: before === undefined ? call : `${before}\n${call}` };
};

/**
 * A job that looks whether the run that started this one has something for it: its output `found` is `true` or `false`. By hand there is always
 * something to do; after a run that failed, nothing.
 */
export const look = (artifact: string): Job => ({
  name: "Look whether there is something to do",
  if: "github.event_name == 'workflow_dispatch' || github.event.workflow_run.conclusion == 'success'",
  "runs-on": "ubuntu-24.04",
  "timeout-minutes": timeouts.version,
  permissions: { actions: "read" },
  outputs: { found: expression("steps.artifact.outputs.found || 'true'") },
  steps: [
    {
      id: "artifact",
      name: "Look",
      if: "github.event_name == 'workflow_run'",
      env: {
        GITHUB_TOKEN: expression("github.token"),
        NAME: artifact,
        RUN: expression("github.event.workflow_run.id"),
      },
      run: lookForArtifact,
    },
  ],
});

/** The condition of a job that needs `look`. */
export const found = "needs.look.outputs.found == 'true'";

/** Makes git say what runs; also after a failure, because an attempt has moved there too. @param step that called the driver */
export const commit = (environment: string, step: string): RunStep => ({
  name: "Commit the pin",
  if: `!cancelled() && steps.${step}.outcome != 'skipped'`,
  env: {
    BRANCH: expression("github.event.repository.default_branch"),
    ENVIRONMENT: environment,
    GITHUB_TOKEN: expression("github.token"),
    PROMOTION: expression(`steps.${step}.outputs.promotion`),
    STATUS: expression(`steps.${step}.outputs.status`),
    VERSION: expression(`steps.${step}.outputs.version`),
  },
  run: commitPin,
});

/** Keeps what was said and planned. Incident reports and a ledger in the checkout are kept too, where there are any. */
export const keep = (name: string, days = 90): ActionStep => ({
  name: "Keep what happened",
  if: "!cancelled()",
  uses: pinned.uploadArtifact,
  with: {
    name,
    // Not all of `.liftlock`: what is sealed there is for this machine's next command, not for everybody who can read a run.
    path: `${results}/\n.liftlock/ledger/\n.liftlock/incidents/`,
    "if-no-files-found": "ignore",
    // The name of their directory begins with a dot.
    "include-hidden-files": true,
    "retention-days": days,
  },
});

/** One at a time for each environment. @param what e.g. `deploy` */
export const oneAtATime = (what: string, environment: string): Concurrency => ({
  group: `liftlock-${what}-${environment}`,
  "cancel-in-progress": false,
});

/** Questions with which a person goes on in spite of a gate. */
export const overrideInputs = {
  override: {
    description: "Gate to go on in spite of",
    type: "choice",
    required: false,
    default: "none",
    options: ["none", "tests", "soak", "freeze", "drift", "wayBack", "rate", "concurrency", "veto"],
  },
  reason: {
    description: "Why in spite of it; written to the ledger",
    type: "string",
    required: false,
    default: "",
  },
} as const satisfies Record<string, Input>;

/** What the driver is told of the answers: `"${overriding[@]}"`. */
export const overriding = {
  env: { OVERRIDE: expression("inputs.override"), REASON: expression("inputs.reason") },
  before: `overriding=()
if [ -n "$OVERRIDE" ] && [ "$OVERRIDE" != none ]; then overriding=(--override "$OVERRIDE" --reason "$REASON"); fi`,
} as const;

/** Asks whoever starts a workflow by hand for the environment. */
export const chosenEnvironment = {
  description: "Environment",
  type: "choice",
  required: true,
  default: "production",
  options: ["staging", "production"],
} as const;
