/**
 * Workflows of GitHub Actions, as far as this repository uses them. Keys are those of the workflow syntax
 * (docs.github.com/actions/reference/workflows-and-actions/workflow-syntax), so that a file can be read beside its source.
 */

/** What a job's token may do; everything that is not named, it may not. */
export type Permissions = Partial<
  Record<
    | "actions"
    | "checks"
    | "contents"
    | "deployments"
    | "id-token"
    | "issues"
    | "packages"
    | "pull-requests"
    | "security-events",
    "read" | "write"
  >
>;

/** An action at one commit; the comment beside it names the release that the commit is. */
export interface PinnedAction {
  /** `owner/name` or `owner/name/path`. */
  name: string;
  /** 40 hexadecimal digits. */
  commit: string;
  /** `v5.0.0` */
  version: string;
}

interface StepBase {
  id?: string;
  name: string;
  if?: string;
  env?: Readonly<Record<string, string>>;
  /** Minutes. */
  "timeout-minutes"?: number;
  "continue-on-error"?: true;
}

/** A step that runs a script in bash. */
export interface RunStep extends StepBase {
  run: string;
}

/** A step that uses somebody else's action. */
export interface ActionStep extends StepBase {
  uses: PinnedAction;
  with?: Readonly<Record<string, string | number | boolean>>;
}

export type Step = RunStep | ActionStep;

/** At most one at a time; what is under way is never cancelled, because a promotion that is killed has to be resumed. */
export interface Concurrency {
  group: string;
  "cancel-in-progress": false;
}

export interface Job {
  name: string;
  needs?: string[];
  if?: string;
  "runs-on": "ubuntu-24.04";
  /** Minutes; see `timeouts.ts`. */
  "timeout-minutes": number;
  environment?: { name: string; url?: string };
  permissions: Permissions;
  concurrency?: Concurrency;
  strategy?: { "fail-fast": boolean; matrix: Readonly<Record<string, string | readonly string[]>> };
  outputs?: Readonly<Record<string, string>>;
  steps: Step[];
}

/** A question to who starts a workflow by hand. */
export interface Input {
  description: string;
  type: "string" | "boolean" | "choice";
  required: boolean;
  default?: string | boolean;
  options?: readonly string[];
}

/** What starts a workflow. */
export interface Triggers {
  push?: { branches: string[]; paths?: string[] };
  pull_request?: { branches: string[]; paths?: string[] };
  workflow_run?: { workflows: string[]; types: ["completed"]; branches: string[] };
  workflow_dispatch?: { inputs?: Readonly<Record<string, Input>> };
  repository_dispatch?: { types: string[] };
  schedule?: { cron: string }[];
}

export interface Workflow {
  /** Name of the file below `.github/workflows`, without its ending; also the workflow's name, by which others wait for it. */
  name: string;
  /** What it is for: comment at the file's head, a line each. */
  about: readonly string[];
  on: Triggers;
  jobs: Readonly<Record<string, Job>>;
}
